/** A plan carried out on a real tree: what is in it, and a host of which calls fail. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnvironmentBlock } from '../../../src/formats/boot-config/grubenv.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { watchedHost } from '../../fakes/faulty-host.ts';

const host = linuxHost();

/** Every file with its content; links with what they point to. */
export function contentOf(root: string): Readonly<Record<string, string | undefined>> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) return [path, `-> ${readlinkSync(path)}`];
    // Of the block, what it says: the tools of GRUB write a comment into it, which we leave out.
    return [
      path,
      entry.isDirectory() ? '' : entry.name === 'grubenv' ? said(path) : readFileSync(path, 'latin1'),
    ];
  });
  return Object.fromEntries(entries.map(([path = '', text]) => [path.slice(root.length + 1), text]));
}

const said = (path: string) => JSON.stringify([...parseEnvironmentBlock(readFileSync(path))]);

/** One thread, and no waiting for the disk of this machine: only the order of the calls matters. */
export const quick: Host = {
  ...host,
  system: { ...host.system, cpus: 1 },
  processes: { ...host.processes, run: async () => ({ exitCode: 0, stdout: '', stderr: '' }) },
};

/** The host, on which call number `at` and, with `all`, every later one fails. */
export function failingAt(at: number, all: boolean): { readonly host: Host; readonly calls: () => number } {
  let calls = 0;
  const count = () => {
    calls += 1;
    if (all ? calls >= at : calls === at) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
  };
  const watched = watchedHost(quick, count);
  const counted =
    <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
    async (...args: A) => {
      count();
      return act(...args);
    };
  const { remove, writeAtomic } = quick.files;
  const more = all
    ? { remove: counted(remove), writeAtomic: counted(writeAtomic) }
    : { writeAtomic: counted(writeAtomic) };
  return { host: { ...watched, files: { ...watched.files, ...more } }, calls: () => calls };
}
