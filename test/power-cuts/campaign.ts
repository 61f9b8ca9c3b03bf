/** Looks at one state after the other of a disk that was written to, and tells which of them are neither good nor bad. */
import { createHash } from 'node:crypto';
import { wholeDiskLayout } from '../../src/disk/layout/layout.ts';
import type { Host } from '../../src/host/ports.ts';
import { type Installed, inspect, type Judgement, judgeImage, type SameCommand } from './check.ts';
import { ReplayedDisk } from './replay.ts';
import type { State } from './states.ts';
import type { WriteLog } from './write-log.ts';

export interface Recording {
  /** What the command that was recorded named and allowed: the same command must be able to start over. */
  readonly command: SameCommand;
  /** An image of the disk as it was when the log began; it is not changed. */
  readonly before: string;
  readonly log: WriteLog;
  /** Whole installations that can be on the disk. */
  readonly known: readonly Installed[];
}

export interface Fault {
  readonly state: State;
  readonly judgement: Judgement;
}

export interface Campaign {
  readonly states: number;
  readonly notInstalled: number;
  readonly whole: number;
  readonly faults: readonly Fault[];
}

/** Judges every state, in order. `folder` takes a copy of the image. */
export async function judgeStates(
  host: Host,
  folder: string,
  { before, log, known, command }: Recording,
  states: readonly State[],
): Promise<Campaign> {
  const image = await copyOf(host, before, folder);
  const disk = await ReplayedDisk.open(host.files, image, log);
  const found: { readonly state: State; readonly judgement: Judgement }[] = [];
  const installing = new Map<string, Judgement>();
  try {
    for (const state of states) {
      await disk.show(state);
      const looks = await digestOfAllButFiles(host, image);
      const judgement = installing.get(looks) ?? (await judgeOrTell(host, image, known, command));
      if (judgement.content === 'unfinished' && judgement.verdict === 'unfinished')
        installing.set(looks, judgement);
      found.push({ state, judgement });
    }
  } finally {
    await disk.close();
    await host.files.remove(image);
  }
  const count = (wanted: Judgement['state']) =>
    found.filter(({ judgement }) => judgement.state === wanted).length;
  return {
    states: found.length,
    notInstalled: count('not installed'),
    whole: count('whole'),
    faults: found.filter(({ judgement }) => judgement.state === 'neither'),
  };
}

/**
 * What is judged of a disk that says `installing`: nobody looks into its state partition. Its table, boot code and the
 * used part of the ESP lie in the first 16 MiB; signatures at both ends of the state partition, and of the disk.
 */
async function digestOfAllButFiles(host: Host, image: string): Promise<string> {
  const MiB = 2 ** 20;
  const file = await host.files.open(image, 'r');
  try {
    const [, , state] = wholeDiskLayout(file.size, 512).partitions;
    const hash = createHash('sha256');
    hash.update(await file.read(0, 16 * MiB));
    hash.update(await file.read(state.start, 2 * MiB));
    hash.update(await file.read(file.size - 4 * MiB, 4 * MiB));
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

/** What looking at a disk throws is a fault of the disk too. */
async function judgeOrTell(
  host: Host,
  image: string,
  known: readonly Installed[],
  command: SameCommand,
): Promise<Judgement> {
  try {
    return await judgeImage(host, image, known, command);
  } catch (error) {
    return { state: 'neither', content: 'data', verdict: '', faults: [`looking at it failed: ${error}`] };
  }
}

/** An image of the disk in one state, to be booted; returns its path. */
export async function imageOf(
  host: Host,
  folder: string,
  { before, log }: Pick<Recording, 'before' | 'log'>,
  state: State,
): Promise<string> {
  const image = await copyOf(host, before, folder);
  const disk = await ReplayedDisk.open(host.files, image, log);
  await disk.show(state);
  await disk.close();
  return image;
}

/**
 * The recording of an installation. The image after it must be what the log makes of the image before, byte for
 * byte: a log that lacks a write proves nothing.
 */
export async function recordingOf(
  host: Host,
  folder: string,
  disk: { readonly before: string; readonly after: string; readonly log: WriteLog },
  command: SameCommand,
): Promise<Recording> {
  const { before, after, log } = disk;
  const end: State = { name: 'at the end', flushed: log.entries.length, pieces: [] };
  const replayed = await imageOf(host, folder, disk, end);
  // It knows holes, and reads only what is there.
  await host.processes.run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', replayed, after]);
  await host.files.remove(replayed);
  const known: Installed[] = [];
  for (const image of [before, after]) {
    const { faults, installed } = await inspect(host, image).catch(() => ({
      faults: [''],
      installed: undefined,
    }));
    if (faults.length === 0 && installed !== undefined) known.push(installed);
  }
  return { command, before, log, known };
}

async function copyOf(host: Host, image: string, folder: string): Promise<string> {
  const path = `${folder}/image-${host.random.uuid()}`;
  await host.processes.run('cp', [image, path]);
  return path;
}
