import { existsSync } from 'node:fs';
import { join } from 'node:path';

const here = join(__dirname, '..');
const own = join(here, '.venv/bin/python');

/** The interpreter that has the packages of `requirements.txt`. */
export const python = existsSync(own) ? own : 'python3';

/** A Python program of these tests. */
export const script = (name: string) => join(here, name);
