/** What must be known beside the facts of every takeover when a whole disk is replaced. Plain JSON; reads only. */
import { probeMemory } from '../../../disk/probe/machine.ts';
import { readMounts } from '../../../disk/probe/usage.ts';
import type { Host } from '../../../host/ports.ts';
import type { BootPlace, GrubFacts, RootFacts } from '../facts.ts';

export interface ReplaceFacts {
  /** Of the machine, bytes, as the kernel counts it. */
  readonly memory: number;
  /** Bytes free, for root, on the file system of GRUB's files. */
  readonly freeSpace: number;
  /** Bytes, and of a logical sector; undefined for a disk that cannot be looked at. */
  readonly disk?: { readonly size: number; readonly sectorSize: number };
  /** Where something is mounted that lies on that disk, and `[SWAP]`. */
  readonly mounts: readonly string[];
}

/** The file system of GRUB's files, which may be that of the root. */
export const placeOf = ({ folder, place }: Pick<GrubFacts, 'folder' | 'place'>, root: RootFacts): BootPlace =>
  place ?? { ...root, mountPoint: '/', path: `/${folder}` };

/** `rootFolder` is empty on a running system. */
export async function probeReplace(host: Host, rootFolder: string, place: BootPlace): Promise<ReplaceFacts> {
  const disk = place.device?.disk?.slice('/dev/'.length).replaceAll('/', '!');
  return {
    memory: await probeMemory(host, { root: rootFolder }),
    freeSpace: await host.files.freeSpace(`${rootFolder}${place.mountPoint}`),
    ...(disk === undefined ? {} : await sizeOf(host, `${rootFolder}/sys/class/block/${disk}`)),
    mounts: disk === undefined ? [] : await mountsOn(host, rootFolder, disk),
  };
}

async function sizeOf({ files }: Host, entry: string): Promise<Pick<ReplaceFacts, 'disk'>> {
  const number = async (name: string) => Number((await files.readText(`${entry}/${name}`)).trim());
  try {
    // The kernel counts sectors of 512 bytes, whatever those of the disk are.
    return {
      disk: { size: (await number('size')) * 512, sectorSize: await number('queue/logical_block_size') },
    };
  } catch {
    return {};
  }
}

/** Mount points of all that lies on the disk, also through LVM, RAID and encryption. */
async function mountsOn(host: Host, rootFolder: string, disk: string): Promise<string[]> {
  const { files } = host;
  const found = new Set<string>();
  const numbers = new Set<string>();
  const names = new Set<string>();
  const look = async (name: string): Promise<void> => {
    if (names.has(name)) return;
    names.add(name);
    const entry = `${rootFolder}/sys/class/block/${name}`;
    numbers.add((await files.readText(`${entry}/dev`).catch(() => '')).trim());
    for (const child of await files.list(`${entry}/holders`)) await look(child);
    for (const child of await files.list(entry)) if (child.startsWith(name)) await look(child);
  };
  await look(disk);
  for (const { number, source, mountPoint } of await readMounts(host, rootFolder)) {
    const real = await files.realPath(`${rootFolder}${source}`).catch(() => '');
    const name = real.slice(`${rootFolder}/dev/`.length).replaceAll('/', '!');
    if (numbers.has(number) || (source.startsWith('/dev/') && names.has(name))) found.add(mountPoint);
  }
  return [...found];
}
