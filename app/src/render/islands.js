import * as parts from "$SCRIPT";
await parts.default({ module_or_path: "$WASM" });
parts.hydrate();
const name = (id) => id.split("_")[0];
const made = new Map(Object.entries(parts).map(([id, part]) => [name(id), part]));
for (const island of document.querySelectorAll("leptos-island")) {
  made.get(name(island.dataset.component))?.(island);
}
