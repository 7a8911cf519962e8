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

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.stdin.end();
    await ended;
  }
}
