/** Reading one text file without the rest of the host: for what a person waits for, `opsctl --help`. */
import { readFile } from 'node:fs/promises';
import type { Files } from '../ports.ts';

export const readText: Files['readText'] = (path) => readFile(path, 'utf8');
