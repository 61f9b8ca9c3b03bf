/** What a figure measures with: the host, the artifacts, virtual machines (one at a time) and a folder for files. */
import { join } from 'node:path';
import type { Host } from '../src/host/ports.ts';
import { artifactCommandLine, artifactNames } from '../src/vm/boot-files.ts';
import type { DiskInput, MachineInput } from '../src/vm/machine.ts';
import { createDisk } from '../src/vm/new-disk.ts';
import { fromProfile } from '../src/vm/profiles.ts';
import type { Session } from '../src/vm/session.ts';
import { start } from '../src/vm/start.ts';

/** A machine under emulation beside other work; measured times are a fraction of it. */
export const bootLimit = { timeoutMs: 400_000 };

export class Bench {
  readonly host: Host;
  /** The project's root, absolute. */
  readonly root: string;
  readonly artifacts: string;
  /** Empty at first; removed at the end. */
  readonly folder: string;
  readonly #print: (line: string) => void;

  constructor(host: Host, root: string, artifacts: string, folder: string, print: (line: string) => void) {
    this.host = host;
    this.root = root;
    this.artifacts = artifacts;
    this.folder = folder;
    this.#print = print;
  }

  /** Tells the person who waits what is going on. */
  say(line: string): void {
    this.#print(line);
  }

  get iso(): string {
    return join(this.artifacts, 'bos-amd64.iso');
  }

  get medium(): DiskInput {
    return { id: 'medium', file: this.iso, bus: 'cd', readOnly: true };
  }

  /** The PXE set, started as a boot loader starts it, with more words on its command line. */
  pxeSet(...words: string[]): NonNullable<MachineInput['kernel']> {
    return {
      kernel: join(this.artifacts, artifactNames('amd64').kernel),
      initrd: join(this.artifacts, artifactNames('amd64').initrd),
      append: [artifactCommandLine('amd64'), 'quiet', ...words].join(' '),
    };
  }

  /** A virtio disk with an empty file of `size` bytes behind it. */
  async emptyDisk(id: string, size: number): Promise<DiskInput> {
    const file = join(this.folder, `${id}.img`);
    await this.host.files.remove(file);
    await createDisk({ path: file, format: 'raw', size }, this.host);
    return { id, file, bus: 'virtio', serial: id };
  }

  /** Starts a machine for `use` and ends it; its logs stay when `use` fails. */
  async machine<T>(name: string, input: MachineInput, use: (session: Session) => Promise<T>): Promise<T> {
    const spec = fromProfile(input.firmware ?? 'bios', { name: `bench-${name}`, ...input });
    const session = await start(spec, this.host, { logs: join(this.root, 'dist/vm-logs') });
    let failed = true;
    try {
      const result = await use(session);
      failed = false;
      return result;
    } finally {
      await session.close({ keep: failed });
    }
  }

  /** How busy the machine is: processes that run or wait to run, over the last minute. */
  async load(): Promise<number> {
    return Number((await this.host.files.readText('/proc/loadavg')).split(' ')[0]);
  }
}
