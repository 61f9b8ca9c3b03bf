/**
 * Takes the seed of a boot from the boot partition into memory, once: the first phase reads it, the others find it. What
 * editors of other systems make of such files is set right here: another case, an ending, UTF-16, line ends of a script.
 */
import { join } from 'node:path';
import { noCloudArgument } from '../../config/seed/nocloud-argument.ts';
import {
  type SeedName,
  seedFolder,
  seedNames,
  seedOriginPath,
  seedPath,
} from '../../config/seed/seed-files.ts';
import { messageOf } from '../../errors.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { listFatFolder, readFatFile } from '../../formats/filesystems/fat/file.ts';
import { withFile } from '../../host/device-pieces.ts';
import type { Host } from '../../host/ports.ts';
import type { SearchLine } from '../data-sources/index.ts';
import { type OwnDevices, type OwnVolume, ownVolumes } from './own-volumes.ts';

type Tell = (line: SearchLine) => void;
type Files = ReadonlyMap<SeedName, Uint8Array>;

/** Never throws: a system starts without a seed as well. */
export async function takeSeed(host: Host, root: string, tell: Tell): Promise<void> {
  try {
    if (await host.files.exists(join(root, seedFolder))) return;
    await host.files.makeDir(join(root, seedFolder), 0o700);
    await take(host, root, tell);
  } catch (error) {
    tell({ level: 'error', message: `the boot partition cannot be read: ${messageOf(error)}` });
  }
}

async function take(host: Host, root: string, tell: Tell): Promise<void> {
  const commandLine = await host.files.readText(join(root, '/proc/cmdline')).catch(() => '');
  const argument = noCloudArgument(commandLine);
  const volumes = await ownVolumes(host, root, await ownDevices(host, root));
  let taken: { readonly device: string; readonly files: Files } | undefined;
  for (const { device, label, foreign } of inOrder(volumes)) {
    const files = await filesOf(host, root, device, tell);
    if (files.size === 0) continue;
    const names = [...files.keys()].join(', ');
    if (foreign && argument === undefined)
      tell({
        level: 'warning',
        message: `${device} is the EFI system partition of another system: its ${names} are left alone (ds=nocloud on the kernel command line takes them)`,
      });
    else if (taken === undefined) {
      taken = { device, files };
      tell({ level: 'info', message: `${device} (${label || 'no label'}) has ${names}` });
    } else
      tell({ level: 'warning', message: `${device} has ${names}, too: those of ${taken.device} are used` });
  }
  const from = argument?.seedFrom;
  if (from !== undefined)
    tell({ level: 'warning', message: `ds=nocloud names ${from}: only the boot partition is read` });
  if (taken === undefined) return;
  for (const [name, bytes] of taken.files)
    await host.files.write(join(root, seedPath(name)), bytes, { mode: isProgram(bytes) ? 0o700 : 0o600 });
  // Last: whoever reads the seed looks for this one.
  await host.files.write(join(root, seedOriginPath), `${taken.device}\n`, { mode: 0o600 });
}

/** One that is labelled for it comes first. */
const inOrder = (volumes: readonly OwnVolume[]): OwnVolume[] =>
  volumes.toSorted((a, b) => Number(isCidata(b)) - Number(isCidata(a)));
const isCidata = ({ label }: OwnVolume): boolean => label.toLowerCase() === 'cidata';

async function ownDevices({ files }: Host, root: string): Promise<OwnDevices> {
  const record = Object(JSON.parse(await files.readText(join(root, '/run/bos/boot.json'))));
  const of = (name: string): string => (typeof record[name] === 'string' ? record[name] : '');
  return { state: of('state'), medium: of('medium') };
}

/** Windows hides endings, and its editor adds one. */
const endings = ['', '.txt', '.yaml', '.yml'];
/** Bytes; a configuration may have a quarter of it, and a program more. */
const sizeLimit = 8 * 1024 * 1024;

async function filesOf(host: Host, root: string, device: string, tell: Tell): Promise<Files> {
  const found = new Map<SeedName, Uint8Array>();
  try {
    await withFile(host, join(root, device), 'r', async (volume) => {
      const present = new Set((await listFatFolder(volume, '')).map(({ name }) => name.toLowerCase()));
      for (const name of seedNames) {
        const file = endings.map((ending) => name + ending).find((candidate) => present.has(candidate));
        if (file === undefined) continue;
        const bytes = await contentOf(volume, file).catch((error: unknown) => {
          tell({ level: 'error', message: `${file} on ${device} cannot be read: ${messageOf(error)}` });
          return undefined;
        });
        if (bytes !== undefined) found.set(name, bytes);
      }
    });
  } catch (error) {
    tell({ level: 'warning', message: `${device} cannot be read: ${messageOf(error)}` });
  }
  return found;
}

async function contentOf(volume: ByteSource, file: string): Promise<Uint8Array | undefined> {
  const bytes = await readFatFile(volume, file, sizeLimit);
  return bytes && settled(bytes);
}

/** UTF-16 as UTF-8, and the line ends of a script as its interpreter wants them. */
function settled(bytes: Uint8Array): Uint8Array {
  const [first, second] = bytes;
  const text =
    first === 0xff && second === 0xfe
      ? new TextDecoder('utf-16le').decode(bytes)
      : first === 0xfe && second === 0xff
        ? new TextDecoder('utf-16be').decode(bytes)
        : undefined;
  const plain = text === undefined ? bytes : Buffer.from(text);
  // A byte order mark before #! would keep the kernel from it.
  const marked = plain[0] === 0xef && plain[1] === 0xbb && plain[2] === 0xbf ? plain.subarray(3) : plain;
  if (!isScript(marked)) return marked;
  return Buffer.from(Buffer.from(marked).toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}

const isScript = (bytes: Uint8Array): boolean => bytes[0] === 0x23 && bytes[1] === 0x21;
const isElf = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, 4)).toString('latin1') === '\x7fELF';
const isProgram = (bytes: Uint8Array): boolean => isScript(bytes) || isElf(bytes);
