import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from './database';
import { Sink } from './sink';

const START = 120_000;
const STOP = 15_000;

/** What a command of the program did. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The real program, serving on a free port, with a database, a secret and a mail server of its own. */
export class Exchequer {
  private log = '';
  private ended: Promise<number | null>;

  private constructor(
    readonly url: string,
    readonly sink: Sink,
    private readonly database: Database,
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly process: ChildProcess,
  ) {
    const keep = (data: Buffer) => (this.log += data.toString());
    process.stdout?.on('data', keep);
    process.stderr?.on('data', keep);
    this.ended = new Promise((resolve) => process.once('exit', resolve));
  }

  /** Starts it. A free port may be somebody else's a moment later: then on another one. */
  static async start(tries = 3): Promise<Exchequer> {
    const [database, sink, port] = await Promise.all([
      Database.create(),
      Sink.start(),
      freePort(),
    ]);
    const folder = mkdtempSync(join(tmpdir(), 'exchequer-end2end-'));
    const environment = {
      ...strangers(),
      NO_COLOR: '1',
      DATABASE_URL: database.url,
      EXCHEQUER_BIND: `127.0.0.1:${port}`,
      EXCHEQUER_DATA_DIR: join(folder, 'data'),
      EXCHEQUER_SECRET_KEY: randomBytes(32).toString('hex'),
      EXCHEQUER_SIGNUP: 'open',
      EXCHEQUER_SMTP_URL: sink.url,
      EXCHEQUER_MAIL_FROM: 'exchequer@example.com',
      EXCHEQUER_DRAIN: '5',
    };
    const child = spawn(program(), ['serve'], { cwd: folder, env: environment });
    const url = `http://127.0.0.1:${port}`;
    const exchequer = new Exchequer(url, sink, database, folder, environment, child);
    try {
      await exchequer.ready();
    } catch (error) {
      await exchequer.clear();
      if (tries > 1 && /can’t be listened on/.test(exchequer.log)) return Exchequer.start(tries - 1);
      throw error;
    }
    return exchequer;
  }

  /** The link that an installation prints as long as nobody runs it. */
  get setupLink(): string {
    const link = /http:\/\/\S+\/setup\S+/.exec(this.log)?.[0];
    if (!link) throw new Error(`no set-up link in:\n${this.log}`);
    return link;
  }

  /** Where OpenAI's clients send their requests. */
  get base(): string {
    return `${this.url}/v1`;
  }

  /** Mails that wait to be sent, of all organizations. */
  async waiting(): Promise<number> {
    const waits = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')";
    return Number(await this.database.ask(waits));
  }

  /** Lets ten minutes pass since that person gave the password, in every browser. */
  async age(email: string): Promise<void> {
    const then = "to_jsonb((data ->> 'proved')::bigint - 600)";
    await this.database.ask(
      `UPDATE sessions SET data = jsonb_set(data, '{proved}', ${then})
       WHERE user_id = (SELECT id FROM users WHERE email = '${email}')`,
    );
  }

  /** Lets an organization's key of that name be over since a moment; before its first request. */
  async expire(org: string, name: string): Promise<void> {
    const hour = "interval '1 hour'";
    const id = org.replace('org-', '');
    await this.database.ask(
      `UPDATE api_keys SET created_at = created_at - ${hour}, expires_at = created_at - ${hour} / 2
       WHERE org_id = '${id}' AND name = '${name}'`,
    );
  }

  /** Runs a command of the program beside the running server. */
  run(command: string[], input = ''): Promise<Outcome> {
    return run(program(), command, { cwd: this.folder, env: this.environment }, input);
  }

  /** Runs a command that prints one JSON object and must succeed. */
  async json<T>(command: string[], input = ''): Promise<T> {
    const outcome = await this.run(command, input);
    if (outcome.code !== 0) {
      throw new Error(`exchequer ${command.join(' ')}: ${outcome.code}\n${outcome.stderr}`);
    }
    return JSON.parse(outcome.stdout);
  }

  /** Stops it as a service manager does; a fault that it logged is a failure of the tests. */
  async stop(): Promise<void> {
    this.process.kill('SIGINT');
    const late = setTimeout(() => this.process.kill('SIGKILL'), STOP);
    const code = await this.ended;
    clearTimeout(late);
    await this.clear();
    const faults = this.log.split('\n').filter((line) => /panicked| ERROR /.test(line));
    if (faults.length > 0) throw new Error(`the server logged faults:\n${this.log}`);
    if (code !== 0) throw new Error(`the server ended with ${code}:\n${this.log}`);
  }

  private async clear(): Promise<void> {
    await this.sink.stop();
    await this.database.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ready(): Promise<void> {
    let over: number | null | undefined;
    void this.ended.then((code) => (over = code));
    const end = Date.now() + START;
    while (over === undefined && Date.now() < end) {
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.process.kill('SIGKILL');
    throw new Error(`the server did not get ready:\n${this.log}`);
  }
}

/** Runs a program to its end. */
export function run(
  file: string,
  arguments_: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv },
  input = '',
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, arguments_, options);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
    // A command that reads nothing may have ended already; its exit code tells what matters.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function program(): string {
  const path = process.env.EXCHEQUER_BIN;
  if (!path) throw new Error('EXCHEQUER_BIN is not set: the path that scripts/build prints');
  return path;
}

/** The environment without what would change the program. */
function strangers(): NodeJS.ProcessEnv {
  const own = (name: string) => name.startsWith('EXCHEQUER_') || name === 'DATABASE_URL';
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own(name)));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject()));
    });
  });
}
