/** What of Bhojpur OS is on a disk in a file, and whether it is whole. */
import {
  type BootEnvironment,
  belongsTo,
  environmentPath,
  parseBootEnvironment,
} from '../../boot/environment.ts';
import { locateSettings, readSetting } from '../../boot/image-settings.ts';
import { readGrubMenu } from '../../boot/menus/grub-menu.ts';
import { diskMenuPath } from '../../boot/menus/menu.ts';
import { type ShownEntry, shownEntries } from '../../boot/menus/shown-menu.ts';
import { redactor } from '../../config/redact.ts';
import { shownConfig } from '../../config/shown-config.ts';
import type { DiskPartition } from '../../disk/image-partitions.ts';
import { messageOf, OpsError } from '../../errors.ts';
import { type ByteSource, within } from '../../formats/bytes.ts';
import { probeExt4 } from '../../formats/filesystems/ext4.ts';
import { type Ext4Reader, openExt4 } from '../../formats/filesystems/ext4-reader.ts';
import { readFatFile } from '../../formats/filesystems/fat/file.ts';
import { type Manifest, manifestPath, parseManifest } from '../../media/manifest.ts';

export interface InstalledSystem {
  readonly version: string;
  readonly kernel: string;
  readonly dcp: string | null;
  readonly arch: string;
  /** Files of the manifest. */
  readonly files: number;
  /** Secrets hidden; null when there is none. */
  readonly config: string | null;
  /** An image that was not started yet has its settings on the EFI system partition. */
  readonly configOn: 'EFI system partition' | 'state file system' | null;
  readonly menu: readonly ShownEntry[];
}

export interface SystemReading {
  readonly system: InstalledSystem | null;
  readonly manifest: Manifest | null;
  /** For comparing digests. */
  readonly state: Ext4Reader | null;
  readonly faults: readonly string[];
}

const textLimit = 2 ** 20;
const configPath = 'bos/system/config.yaml';

export async function readSystem(
  disk: ByteSource,
  esp: DiskPartition,
  state: DiskPartition | undefined,
): Promise<SystemReading> {
  const faults: string[] = [];
  const telling = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      faults.push(messageOf(error));
      return undefined;
    }
  };
  const volume = within(disk, esp.offset, esp.size);
  const none = { system: null, manifest: null, state: null, faults };
  const environment = await telling(() => environmentOn(volume));
  if (state === undefined) {
    faults.push('it has no partition for BOS_STATE');
    return none;
  }
  const stateSource = within(disk, state.offset, state.size);
  faults.push(...(await markFaults(environment, stateSource)));
  const reader = await telling(() => openExt4(stateSource));
  const manifest = reader && (await telling(() => manifestOn(reader)));
  if (reader !== undefined && manifest === undefined && faults.length === 0)
    faults.push('the state file system has no manifest');
  if (reader === undefined || manifest === undefined) return none;
  faults.push(...((await telling(() => sizeFaults(reader, manifest))) ?? []));
  const { os, kernel, dcp, arch, files } = manifest;
  const settings = await telling(() => settingsOf(volume, reader));
  const shown = { config: null, configOn: null, menu: [], ...settings };
  return {
    system: { version: os, kernel, dcp, arch, files: files.length, ...shown },
    manifest,
    state: reader,
    faults,
  };
}

async function environmentOn(volume: ByteSource): Promise<BootEnvironment | undefined> {
  const block = await readFatFile(volume, environmentPath, textLimit);
  return block && parseBootEnvironment(block);
}

async function markFaults(environment: BootEnvironment | undefined, state: ByteSource): Promise<string[]> {
  if (environment === undefined) return ['it has no boot environment'];
  const info = await probeExt4(state);
  return [
    ...(environment.mark === 'valid' ? [] : ['it is not finished: the boot environment does not say valid']),
    ...(info === undefined || belongsTo(environment, info.uuid)
      ? []
      : ['the boot environment belongs to another state file system']),
    ...(info?.state === 'clean' || info === undefined
      ? []
      : [`the state file system was not unmounted (${info.state}): what its journal holds is not seen here`]),
  ];
}

async function manifestOn(reader: Ext4Reader): Promise<Manifest | undefined> {
  const text = await textOf(reader, manifestPath);
  return text === undefined ? undefined : parseManifest(text, manifestPath);
}

async function textOf(reader: Ext4Reader, path: string): Promise<string | undefined> {
  const file = await reader.open(path);
  return file && Buffer.from(await file.read(0, Math.min(file.size, textLimit))).toString('utf8');
}

async function sizeFaults(reader: Ext4Reader, manifest: Manifest): Promise<string[]> {
  const faults: string[] = [];
  for (const { path, size } of manifest.files) {
    const stat = await reader.stat(path);
    if (stat?.type !== 'file') faults.push(`${path} is missing`);
    else if (stat.size !== size) faults.push(`${path} has ${stat.size} bytes instead of ${size}`);
  }
  return faults;
}

async function settingsOf(
  volume: ByteSource,
  reader: Ext4Reader,
): Promise<Pick<InstalledSystem, 'config' | 'configOn' | 'menu'>> {
  const settings = await locateSettings(volume);
  const pending =
    settings === undefined
      ? new Uint8Array()
      : await readSetting(volume, 'config', settings.files.config.current);
  const menu =
    settings === undefined
      ? Buffer.from((await textOf(reader, diskMenuPath)) ?? '')
      : await readSetting(volume, 'menu', settings.files.menu.current);
  const menuShown = shownEntries(readGrubMenu(menu), menu, redactor([]));
  if (pending.length > 0)
    return {
      config: await shownConfig(pending, configPath),
      configOn: 'EFI system partition',
      menu: menuShown,
    };
  const text = await textOf(reader, configPath);
  return text === undefined || text === ''
    ? { config: null, configOn: null, menu: menuShown }
    : {
        config: await shownConfig(Buffer.from(text), configPath),
        configOn: 'state file system',
        menu: menuShown,
      };
}
