import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { python, script } from './python';

export interface Mail {
  from: string;
  to: string[];
  subject: string;
  id: string;
  text: string;
  html: string;
  /** By the names that the HTML has for them, as addresses that a page can show. */
  pictures: Record<string, string>;
  /** Headers `List-Unsubscribe` and `List-Unsubscribe-Post`. */
  unsubscribe: string | null;
  unsubscribe_by: string | null;
}

/** A real mail server that keeps what it gets; `smtp_sink.py` tells its tempers. */
export class Sink {
  readonly mails: Mail[] = [];

  private constructor(
    private readonly process: ChildProcessWithoutNullStreams,
    readonly url: string,
  ) {}

  static async start(): Promise<Sink> {
    const child = spawn(python, [script('smtp_sink.py')]);
    let complaint = '';
    child.stderr.on('data', (data) => (complaint += data));
    const lines = createInterface(child.stdout);
    const port = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      child.once('exit', () => reject(new Error(`the mail server did not start: ${complaint}`)));
    });
    const sink = new Sink(child, `smtp://127.0.0.1:${port}`);
    lines.on('line', (line) => sink.mails.push(JSON.parse(line)));
    return sink;
  }

  /** Mails to one address. */
  to(address: string): Mail[] {
    return this.mails.filter((mail) => mail.to.includes(address));
  }

  /** Waits for the mail to an address whose link fits, and answers that link. */
  async link(address: string, fits: RegExp): Promise<string> {
    const end = Date.now() + 60_000;
    while (Date.now() < end) {
      const links = this.to(address).flatMap((mail) => mail.text.match(/^https?:\/\/\S+$/gm) ?? []);
      const found = links.findLast((link) => fits.test(link));
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no mail to ${address} with a link like ${fits}`);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.stdin.end();
    await ended;
  }
}
