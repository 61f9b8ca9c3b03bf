/** A node in memory that has a datastore: what each start of a DCP finds and writes. */
import { renderBootEnvironment } from '../../../src/boot/environment.ts';
import type { Host } from '../../../src/host/ports.ts';
import { guardDatastore } from '../../../src/runtime/datastore/guard.ts';
import type { DatastoreRecord } from '../../../src/upgrade/datastore/record.ts';
import { lineOf } from '../../fakes/effects.ts';
import { type FakeHost, fakeHost, SparseBytes } from '../../fakes/host.ts';

export const server = '/var/lib/bhojpur/dcp/server';
export const folder = `${server}/bos-datastore`;
const uuid = '55555555-5555-4555-8555-555555555555';

export interface NodeWithDatastore {
  readonly host: FakeHost;
  readonly said: string[];
  /** Before DCP starts; with `on`, on that machine. */
  guard(dcp: string, trial?: '' | 'c' | 'p', on?: Host): Promise<void>;
  /** The same, and what DCP then does: it writes its name into the datastore. Resolves with what it found. */
  start(dcp: string, trial?: '' | 'c' | 'p'): Promise<string>;
  /** What is in the datastore. */
  data(): Promise<string>;
  record(): Promise<DatastoreRecord>;
  /** Every file of what is kept, and its text. */
  kept(): Record<string, string>;
  effects(): string[];
  mode(path: string): Promise<string>;
}

export function nodeWithDatastore(files: Readonly<Record<string, string>> = {}): NodeWithDatastore {
  const superBlock = Buffer.alloc(1024);
  superBlock.writeUInt16LE(0xef53, 0x38);
  superBlock.writeUInt32LE(2, 0x18);
  Buffer.from(uuid.replaceAll('-', ''), 'hex').copy(superBlock, 0x68);
  const device = new SparseBytes(1024 * 1024);
  device.write(1024, superBlock);
  const host = fakeHost({
    devices: { '/dev/vda3': device },
    files: {
      [`${server}/db/state.db`]: 'rows',
      [`${server}/db/nested/more`]: 'more rows',
      '/run/bos/state/bos/system/grub/grubenv': renderBootEnvironment({
        ...{ mark: 'valid', stateUuid: uuid, kernel: '6.1.2', os: '2.0.0', dcp: 'v2' },
        others: { bos_previous_kernel: '6.1.1', bos_previous_os: '1.0.0', bos_previous_dcp: 'v1' },
      }),
      '/bos/system/dcp/v1/dcp': '',
      '/bos/system/dcp/v2/dcp': '',
      '/proc/cmdline': '',
      ...files,
    },
    tools: { sync: () => undefined },
  });
  const said: string[] = [];
  const data = () => host.files.readText(`${server}/db/state.db`);
  const guard = async (dcp: string, trial: '' | 'c' | 'p' = '', on: Host = host) => {
    const versions = { kernel: '6.1.2', os: '2.0.0', dcp };
    await host.files.write(
      '/run/bos/boot.json',
      JSON.stringify({ v: 1, mode: 'disk', state: '/dev/vda3', ...versions, try: trial }),
    );
    await guardDatastore(on, '/', (line) => said.push(line));
  };
  return {
    ...{ host, said, guard, data },
    start: async (dcp, trial) => {
      await guard(dcp, trial);
      const found = await data();
      await host.files.write(`${server}/db/state.db`, `${found}, ${dcp}`);
      return found;
    },
    record: async () => JSON.parse(await host.files.readText(`${folder}/record.json`)) as DatastoreRecord,
    kept: () => host.tree(`${folder}/kept`),
    effects: () => host.effects.map(lineOf),
    mode: async (path) => ((await host.files.stat(path))?.mode ?? 0).toString(8),
  };
}

/** From the given change on nothing reaches the disk, removing what is half done included. */
export function cutHost(host: Host, after: number): Host {
  let seen = 0;
  const counted =
    <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      // The lock and the reason of a fault are in memory.
      if (args.some((arg) => typeof arg === 'string' && arg.startsWith('/run/'))) return work(...args);
      seen += 1;
      return seen > after
        ? Promise.reject(Object.assign(new Error('EIO: power cut'), { code: 'EIO' }))
        : work(...args);
    };
  const { files, processes } = host;
  return {
    ...host,
    files: {
      ...files,
      writeAtomic: counted(files.writeAtomic),
      copy: counted(files.copy),
      rename: counted(files.rename),
      remove: counted(files.remove),
      makeDir: counted(files.makeDir),
      symlink: counted(files.symlink),
      chmod: counted(files.chmod),
      chown: counted(files.chown),
    },
    processes: { ...processes, run: counted(processes.run) },
  };
}
