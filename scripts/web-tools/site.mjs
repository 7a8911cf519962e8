// site.mjs PKG SITE: lays the folder that the program embeds: what wasm-bindgen made, one style
// sheet, the public files, and a brotli copy beside each text. Touches only what changed, so that
// the server is compiled again only when it must be.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { bundle } from 'lightningcss';

const [pkg, site] = process.argv.slice(2);
const style = fileURLToPath(new URL('../../style', import.meta.url));
const kept = new Set(['.gitkeep']);

const files = (folder) => readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)));

const read = (path) => {
  try { return readFileSync(path); } catch { return undefined; }
};

function put(name, content) {
  const path = join(site, name);
  const same = read(path)?.equals(content) ?? false;
  kept.add(name);
  if (!same) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  if (!/\.(js|wasm|css|svg|txt|json|webmanifest)$/.test(name)) return;
  kept.add(`${name}.br`);
  if (same && read(`${path}.br`)) return;
  const small = brotliCompressSync(content, { params: {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  } });
  writeFileSync(`${path}.br`, small);
  console.error(`   ${name}: ${content.length} bytes, ${small.length} as brotli`);
}

for (const name of files(pkg)) put(join('pkg', name), readFileSync(join(pkg, name)));
const sheet = bundle({ filename: join(style, 'main.css'), minify: true });
put('exchequer.css', Buffer.from(sheet.code));
put('shell.js', readFileSync(join(style, '../frontend/shell.js')));
const open = join(style, 'public');
for (const name of files(open)) put(name, readFileSync(join(open, name)));
for (const name of files(site)) if (!kept.has(name)) rmSync(join(site, name));
