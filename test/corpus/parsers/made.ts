/** Seeds that a tool makes. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What `make` writes to the path that it is given. */
export function made(make: (path: string) => unknown): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'bos-seed-'));
  try {
    make(join(folder, 'it'));
    return readFileSync(join(folder, 'it'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
