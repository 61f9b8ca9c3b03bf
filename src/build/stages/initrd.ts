/** The small initrd: busybox, e2fsck, init and the modules that find a disk; as a zstd cpio. */
import { type CpioEntry, encodeCpio } from '../../formats/compression/cpio.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import type { Stage } from '../stage.ts';
import { watchGrowth } from './growth.ts';

export interface InitrdParts {
  readonly release: string;
  /** Texts of /init (join-init.ts) and of os/initrd/modules.txt. */
  readonly init: string;
  readonly modules: string;
  /** Seconds since 1970. */
  readonly date: number;
}

/** What the archive is packed to, about. */
const packedRatio = 0.23;

const folder = (path: string): CpioEntry => ({ path, mode: 0o040755 });
const file = (path: string, data: Uint8Array, mode = 0o100644): CpioEntry => ({ path, mode, data });

/** Makes `initrd`. Needs the kernel's modules and the static programs of the boot stage. */
export function initrdStage(
  host: Host,
  needs: Readonly<Record<'kernel' | 'boot', Stage>>,
  parts: InitrdParts,
): Stage<'kernel' | 'boot'> {
  const { release, date } = parts;
  const pack = ['-q', '-19'];
  return {
    name: 'initrd',
    title: 'Pack the initrd',
    inputs: { init: sha256Of(parts.init), modules: parts.modules, release, date, pack },
    tools: ['zstd', 'depmod'],
    needs,
    make: async ({ folder, from, percent }) => {
      const entries = await initrdEntries(host, parts, {
        modules: `${from.kernel}/tree/modules/${release}`,
        programs: `${from.boot}/static`,
        scratch: `${folder}/tree`,
      });
      await host.files.remove(`${folder}/tree`);
      percent(10);
      const archive = encodeCpio(entries, date);
      const [plain, packed] = [`${folder}/initrd.cpio`, `${folder}/initrd`];
      await host.files.write(plain, archive);
      const expected = archive.length * packedRatio;
      await watchGrowth(host, { path: packed, expected, start: 10 }, percent, () =>
        host.processes.run('zstd', [...pack, '--rm', '-o', packed, plain]),
      );
    },
  };
}

interface Sources {
  /** Folder of the release's modules. */
  readonly modules: string;
  /** Folder with busybox and e2fsck, both static. */
  readonly programs: string;
  /** A folder to make and work in. */
  readonly scratch: string;
}

async function initrdEntries(host: Host, parts: InitrdParts, sources: Sources): Promise<CpioEntry[]> {
  const { files, processes } = host;
  const tree = sources.scratch;
  const dep = parseModulesDep(await files.readText(`${sources.modules}/modules.dep`));
  const base = `lib/modules/${parts.release}`;
  const paths = new Set<string>();
  for (const path of withDependencies(parseModuleList(parts.modules), dep))
    paths.add(await copyModule(host, sources.modules, `${tree}/${base}`, path));
  for (const path of ['modules.order', 'modules.builtin', 'modules.builtin.modinfo'])
    if (await files.exists(`${sources.modules}/${path}`))
      await files.copy(`${sources.modules}/${path}`, `${tree}/${base}/${path}`);
  await processes.run('depmod', ['--config', '/dev/null', '--basedir', tree, parts.release]);

  const entries: CpioEntry[] = [];
  for (const path of [
    'bin',
    'sbin',
    'dev',
    'proc',
    'sys',
    'run',
    'newroot',
    'etc',
    'lib',
    'lib/modules',
    base,
  ])
    entries.push(folder(path));
  entries.push({ path: 'dev/console', mode: 0o020600, device: [5, 1] });
  entries.push(file('bin/busybox', await files.read(`${sources.programs}/busybox`), 0o100755));
  entries.push({ path: 'bin/sh', mode: 0o120777, data: Buffer.from('busybox') });
  entries.push(file('sbin/e2fsck', await files.read(`${sources.programs}/e2fsck`), 0o100755));
  entries.push(file('init', Buffer.from(parts.init), 0o100755));
  const folders = new Set<string>();
  for (const path of [...paths].sort()) {
    const steps = path.split('/').slice(0, -1);
    for (const depth of steps.keys()) folders.add(steps.slice(0, depth + 1).join('/'));
  }
  for (const path of [...folders].sort()) entries.push(folder(`${base}/${path}`));
  for (const path of [...paths].sort())
    entries.push(file(`${base}/${path}`, await files.read(`${tree}/${base}/${path}`)));
  for (const name of ['modules.dep', 'modules.alias', 'modules.symbols', 'modules.builtin']) {
    entries.push(file(`${base}/${name}`, await files.read(`${tree}/${base}/${name}`)));
  }
  return entries;
}

/** What unpacks a module, by the end of its name. */
const unpackers: Readonly<Record<string, readonly [program: string, ...args: string[]]>> = {
  '.xz': ['xz', '--decompress'],
  '.zst': ['zstd', '-q', '--decompress', '--rm'],
  '.gz': ['gzip', '--decompress'],
};

/** Copies one; busybox loads no packed ones, which other distributions have. Returns the path without that ending. */
export async function copyModule(
  { files, processes }: Host,
  from: string,
  to: string,
  path: string,
): Promise<string> {
  const target = `${to}/${path}`;
  await files.makeDir(target.replace(/\/[^/]*$/, ''));
  await files.copy(`${from}/${path}`, target);
  const ending = /\.ko(\.\w+)$/.exec(path)?.[1] ?? '';
  const [program, ...args] = unpackers[ending] ?? [];
  if (program === undefined) return path;
  await processes.run(program, [...args, target]);
  return path.slice(0, -ending.length);
}

/** Module names of a list with `#` comments. */
export function parseModuleList(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}

/** modules.dep: path → paths it needs (modules.dep(5)). */
export function parseModulesDep(text: string): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [path, needs] = line.split(':');
    if (path && needs !== undefined) map.set(path, needs.trim().split(/\s+/).filter(Boolean));
  }
  return map;
}

/** Paths of the named modules and all they need. Names that are no module (built in) are left out. */
export function withDependencies(
  names: readonly string[],
  dep: ReadonlyMap<string, readonly string[]>,
): Set<string> {
  const nameOf = (path: string) =>
    path
      .replace(/^.*\//, '')
      .replace(/\.ko(\.\w+)?$/, '')
      .replaceAll('-', '_');
  const byName = new Map([...dep.keys()].map((path) => [nameOf(path), path]));
  const found = new Set<string>();
  for (const name of names) {
    const path = byName.get(name.replaceAll('-', '_'));
    if (path === undefined) continue;
    for (const each of [path, ...(dep.get(path) ?? [])]) found.add(each);
  }
  return found;
}
