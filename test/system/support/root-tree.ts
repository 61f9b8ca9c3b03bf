/** Looks at an unpacked root file system without running anything of it. */
import { posix } from 'node:path';
import type { Files, Processes } from '../../../src/host/ports.ts';

/** Those of `links` (relative to `root`) whose targets do not exist inside `root`. */
export async function brokenLinks(files: Files, root: string, links: readonly string[]): Promise<string[]> {
  const broken: string[] = [];
  for (const link of links) if (!(await existsInside(files, root, link, 0))) broken.push(link);
  return broken;
}

/** Folders that are links at the root of a merged-/usr system. */
const merged = /^(bin|sbin|lib|lib64)(?=\/|$)/;
/** What only a running system has. */
const runtime = /^(dev|proc|run)(\/|$)/;
/** As the kernel does: path_resolution(7). */
const maximumLinks = 40;

async function existsInside(files: Files, root: string, path: string, depth: number): Promise<boolean> {
  const parts = path.replace(merged, 'usr/$1').split('/');
  for (let length = 1; length <= parts.length; length++) {
    const at = parts.slice(0, length).join('/');
    const stat = await files.stat(`${root}/${at}`);
    if (stat === undefined || depth > maximumLinks) return false;
    if (stat.type !== 'symlink') continue;
    const target = posix.resolve('/', posix.dirname(at), await files.readLink(`${root}/${at}`)).slice(1);
    if (runtime.test(target)) return true;
    return existsInside(files, root, posix.join(target, ...parts.slice(length)), depth + 1);
  }
  return true;
}

/** Where the loader looks, in Debian: ld.so(8) and /etc/ld.so.conf.d. */
const libraryFolders = ['usr/lib/x86_64-linux-gnu', 'usr/lib', 'usr/lib64'];

/** One line per ELF file of `programs` and library that it names but that is not in the tree. */
export async function missingLibraries(
  processes: Processes,
  root: string,
  programs: readonly string[],
): Promise<string[]> {
  const { stdout: tree } = await processes.run(
    'find',
    ['usr/lib', 'usr/lib64', 'usr/libexec', '-name', '*.so*'],
    {
      cwd: root,
    },
  );
  const libraries = new Set(tree.split('\n'));
  // Says of each file that is no ELF that it is none, and exits with 1.
  const { stdout } = await processes.run('readelf', ['--wide', '--dynamic', ...programs], {
    cwd: root,
    okCodes: [0, 1],
  });
  const missing: string[] = [];
  let seen = 0;
  for (const part of stdout.split(/^File: /m).slice(1)) {
    const file = part.slice(0, part.indexOf('\n'));
    const needed = [...part.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name = '']) => name);
    const runPaths = [...part.matchAll(/\((?:RUNPATH|RPATH)\).*\[(.+)\]/g)].flatMap(([, paths = '']) =>
      paths.split(':').map((path) => path.replace('$ORIGIN', `/${posix.dirname(file)}`)),
    );
    // A library is also found in the folder of the one that loads it, by the program's own run path.
    const folders = [
      ...runPaths.map((path) => posix.normalize(path).slice(1)),
      posix.dirname(file),
      ...libraryFolders,
    ];
    seen += needed.length > 0 ? 1 : 0;
    for (const name of needed)
      if (!folders.some((folder) => libraries.has(`${folder.replace(merged, 'usr/$1')}/${name}`)))
        missing.push(`${file} needs ${name}`);
  }
  if (seen < 100) throw new Error(`only ${seen} programs were looked at`);
  return missing;
}
