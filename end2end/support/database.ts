import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A database of its own in the cluster of `DATABASE_URL`. */
export class Database {
  private constructor(
    private readonly cluster: string,
    private readonly name: string,
  ) {}

  static async create(): Promise<Database> {
    const cluster = process.env.DATABASE_URL;
    if (!cluster) throw new Error('DATABASE_URL is not set: run this with scripts/with-postgres');
    const database = new Database(cluster, `end2end_${randomBytes(6).toString('hex')}`);
    await sql(cluster, `CREATE DATABASE ${database.name}`);
    return database;
  }

  get url(): string {
    const url = new URL(this.cluster);
    url.pathname = `/${this.name}`;
    return url.href;
  }

  /** What a statement answers, as text. */
  ask(statement: string): Promise<string> {
    return sql(this.url, statement);
  }

  async drop(): Promise<void> {
    await sql(this.cluster, `DROP DATABASE ${this.name} WITH (FORCE)`);
  }
}

async function sql(url: string, statement: string): Promise<string> {
  const flags = ['--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--set=ON_ERROR_STOP=1'];
  return (await run('psql', [...flags, '-c', statement, url])).stdout.trim();
}
