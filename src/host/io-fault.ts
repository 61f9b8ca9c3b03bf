/**
 * Errors of devices, with what a person needs to act: Node.js says `EIO: i/o error, read` and names neither file nor
 * device. A host that is wrapped here says which file, at which byte, on which device, and whether it was read or written.
 */
import { errorCode, OpsError } from '../errors.ts';
import { mountOf, parseMountinfo } from './mounts.ts';
import type { Files, Host, OpenFile } from './ports.ts';

type Way = 'read' | 'write';

const unplugged = [
  'the device is gone',
  'It was removed or lost its connection: check the cable and the power.',
];
const failing = ['the device reports an I/O error', 'Check the cable, and see `sudo dmesg`.'];

/** What block devices and file systems on them answer (Linux, block/blk-core.c, blk_errors): why, and what to do. */
const answers: Readonly<Record<string, readonly string[]>> = {
  EIO: failing,
  EREMOTEIO: failing,
  ENODATA: failing,
  EILSEQ: failing,
  EBADMSG: failing,
  ENOLINK: unplugged,
  ETIMEDOUT: ['the device does not answer in time', 'Check the cable and the power, and see `sudo dmesg`.'],
  ENXIO: unplugged,
  ENODEV: unplugged,
  ESTALE: ['the server no longer has the file', 'Mount the network file system again.'],
  ENOMEDIUM: ['there is no medium in the drive', 'Put it back into the drive.'],
  EMEDIUMTYPE: ['the drive cannot use this medium', 'Use another medium.'],
};

/** Only writing meets these, or they are no fault of a device. */
const ofWriting: typeof answers = {
  ENOSPC: ['no space is left', 'Free some space there, or use another place.'],
  EDQUOT: ['your quota is used up', 'Free some space there, or use another place.'],
  EROFS: [
    'it is write-protected, or became read-only after an error',
    'See `sudo dmesg`, and check the switch of a write-protected stick or card.',
  ],
};

/** Where it went wrong. */
interface Spot {
  readonly path: string;
  readonly way: Way;
  /** Bytes; undefined where nobody knows. */
  readonly offset: number | undefined;
  readonly device: string | undefined;
}

/** Carries the code of the operating system, and in words what a person needs. */
export class IoFault extends Error {
  override readonly name = 'IoFault';
  readonly code: string;
  readonly path: string;
  readonly #spot: Spot;
  readonly #answer: readonly string[];

  constructor(cause: unknown, spot: Spot, answer: readonly string[]) {
    const { way, path } = spot;
    super(`${way === 'read' ? 'Reading' : 'Writing to'} ${path} failed: ${restOf(spot, answer)}`, { cause });
    this.code = errorCode(cause) ?? '';
    this.path = path;
    this.#spot = spot;
    this.#answer = answer;
  }

  /** The same as an error for a person; `role` is what the operation calls that place: `the medium`. */
  told(role?: string): OpsError {
    const { way, path } = this.#spot;
    const [, hint = ''] = this.#answer;
    const reads = way === 'read';
    const message =
      role === undefined
        ? this.message
        : `${reads ? 'Reading from' : 'Writing to'} ${role} failed: ${path}: ${restOf(this.#spot, this.#answer)}`;
    const instead =
      role === undefined
        ? ''
        : ` If it happens again, use another ${role === 'the target' ? 'disk' : 'medium'}.`;
    return new OpsError('refused', reads ? 'read-failed' : 'write-failed', message, {
      hint: `${hint}${instead}`,
      cause: this,
    });
  }
}

/** `at byte 512 of /dev/sda: the device is gone` */
function restOf({ path, offset, device }: Spot, [why = '']: readonly string[]): string {
  const place = [
    ...(offset === undefined ? [] : [`at byte ${offset}`]),
    ...(device === undefined || device === path ? [] : [`on ${device}`]),
  ].join(', ');
  return place === '' ? why : `${place}: ${why}`;
}

const readers = ['read', 'readText', 'list', 'stat', 'readLink', 'digest', 'realPath', 'freeSpace'] as const;
const writers = [
  ...(['write', 'writeAtomic', 'append', 'makeDir', 'remove', 'resize', 'chmod', 'chown'] as const),
  'rename',
] as const;

/** The same host, whose files say all that when a device fails. Other errors pass as they are. */
export function withIoFaults(host: Host): Host {
  const { files } = host;
  /** Runs one call. A digest knows its offset only when it has failed. */
  const named = async <T>(path: string, way: Way, call: () => Promise<T>, offset?: number): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      throw await faultOf(files, error, { path, way, offset: offset ?? offsetIn(error) });
    }
  };
  const wrapped = (path: string, file: OpenFile): OpenFile => ({
    get size() {
      return file.size;
    },
    read: (offset, length) => named(path, 'read', () => file.read(offset, length), offset),
    readInto: (offset, target) => named(path, 'read', () => file.readInto(offset, target), offset),
    write: (offset, data) => named(path, 'write', () => file.write(offset, data), offset),
    sync: () => named(path, 'write', () => file.sync()),
    dropCache: () => file.dropCache(),
    close: () => named(path, 'write', () => file.close()),
  });
  const simple = (names: readonly (keyof Files)[], way: Way) =>
    Object.fromEntries(
      names.map((name) => {
        const call = files[name] as ((path: string, ...more: never[]) => Promise<unknown>) | undefined;
        return [
          name,
          call && ((path: string, ...more: never[]) => named(path, way, () => call(path, ...more))),
        ];
      }),
    ) as Partial<Files>;
  const opening: Partial<Files> = {
    open: (path, flags) =>
      named(path, flags === 'r' ? 'read' : 'write', async () => wrapped(path, await files.open(path, flags))),
    // Either side may fail: the one that was read says so only where the system does.
    copy: (from, to) => named(to, 'write', () => files.copy(from, to)),
  };
  return {
    ...host,
    files: { ...files, ...simple(readers, 'read'), ...simple(writers, 'write'), ...opening },
  };
}

const offsetIn = (error: unknown): number | undefined => {
  const { offset } = error as { readonly offset?: unknown };
  return typeof offset === 'number' ? offset : undefined;
};

async function faultOf(files: Files, error: unknown, place: Omit<Spot, 'device'>): Promise<unknown> {
  const code = errorCode(error) ?? '';
  const answer = answers[code] ?? (place.way === 'write' ? ofWriting[code] : undefined);
  if (answer === undefined || error instanceof IoFault || error instanceof OpsError) return error;
  return new IoFault(error, { ...place, device: await deviceOf(files, place.path) }, answer);
}

/** What the path lies on, as it was named when mounting; for a loop device its file too. */
async function deviceOf(files: Files, path: string): Promise<string | undefined> {
  try {
    const source = path.startsWith('/dev/') ? path : await sourceOf(files, path);
    const loop = /^\/dev\/(loop\d+)/.exec(source ?? '')?.[1];
    if (loop === undefined) return source;
    const backing = await files.readText(`/sys/block/${loop}/loop/backing_file`).catch(() => '');
    return backing === '' ? source : `${source}, which is the file ${backing.trim()}`;
  } catch {
    return undefined;
  }
}

async function sourceOf(files: Files, path: string): Promise<string | undefined> {
  const found = mountOf(path, parseMountinfo(await files.readText('/proc/self/mountinfo')));
  return found?.source.startsWith('/') ? found.source : undefined;
}
