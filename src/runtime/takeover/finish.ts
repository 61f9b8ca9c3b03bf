/**
 * Finishes a takeover in the system that it has started: this becomes the default, in one sector; then nothing of the
 * old system is needed and it is deleted. Each part may run again, and the marker goes last: a power cut anywhere
 * leaves the old system as it was (before the sector) or a system that goes on at its next boot (after it).
 */
import { join } from 'node:path';
import { readBootFacts } from '../../boot/boot-facts.ts';
import { parseBootEnvironment, stateEnvironmentPath } from '../../boot/environment.ts';
import { changeEnvironmentFile } from '../../boot/environment-file.ts';
import { statePath } from '../../boot/installed-environment.ts';
import { stateMenuPath } from '../../boot/menus/partition-menu.ts';
import { parseTakeoverMarker, type TakeoverMarker } from '../../boot/menus/takeover-marker.ts';
import {
  customMenuName,
  grubFolders,
  isTakeoverMenu,
  newMenuName,
  oldMenuName,
  returnedPath,
  takeoverMarkerPath,
} from '../../boot/menus/takeover-menu.ts';
import { messageOf, OpsError } from '../../errors.ts';
import { probeExt4 } from '../../formats/filesystems/ext4.ts';
import type { Host } from '../../host/ports.ts';
import { manifestPath, parseManifest } from '../../media/manifest.ts';
import { deleteOthers } from '../boot/delete-others.ts';
import { identityFolder } from '../boot/identity.ts';
import { growMarker } from '../boot/image-markers.ts';
import { trialEndPath } from '../trial/judge.ts';
import { signOfLife } from './alive.ts';
import { type OldMenus, openMenus } from './old-boot.ts';
import { proved } from './proved.ts';

/** What makes it the default may wait for a slow disk. */
const defaultSeconds = 600;

/** The label of the state partition, as an installation gives it. */
const stateLabel = 'BOS_STATE';

export interface FinishOptions {
  /** `/` in the OS. */
  readonly root: string;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Resolves with what is to happen to the machine; undefined when no takeover is to be finished. A system that nobody has
 * confirmed restarts, and the old one is the default still. Throws OpsError (broken): what is there is not what a takeover
 * leaves, or a part failed. It says whether anything was deleted.
 */
export async function finishTakeover(
  host: Host,
  { root, say, signal }: FinishOptions,
): Promise<TakeoverMarker['after'] | undefined> {
  const { files } = host;
  const state = join(root, statePath);
  const markerPath = join(state, takeoverMarkerPath);
  if (!(await files.exists(markerPath))) return undefined;
  const marker = parseTakeoverMarker(await files.readText(markerPath));
  const device = (await readBootFacts(host, root)).state;
  await lookAt(host, { root, state, device }, marker);
  if (await onTrial(host, state)) {
    // Of an earlier try.
    await files.remove(join(state, returnedPath));
    if (!(await proved(host, marker.confirm, { root, say, signal }))) return 'reboot';
    await signOfLife(host, root, defaultSeconds);
  }
  const menus = await openMenus(host, { root, state, writes: true }, marker).catch((error) => {
    throw unexpected(messageOf(error), error);
  });
  try {
    await becomeDefault(host, { state, device, menus, say }).catch((error) => {
      throw unexpected(messageOf(error), error);
    });
    // From here on nothing leads back: neither a watchdog nor what hangs may end in a restart.
    await files.write(join(root, trialEndPath), '');
    await deleteOld(host, { root, state, device, menus, say }, marker).catch((error) => {
      throw unfinished(error);
    });
  } finally {
    await menus.close().catch(() => {});
  }
  return marker.after;
}

/** Before anything is waited for, and without writing. */
async function lookAt(
  host: Host,
  { root, state, device }: { readonly root: string; readonly state: string; readonly device: string },
  marker: TakeoverMarker,
): Promise<void> {
  const menus = await openMenus(host, { root, state, writes: false }, marker).catch((error) => {
    throw unexpected(messageOf(error), error);
  });
  await requireOurs(host, { state, device, menus }, marker).finally(menus.close);
}

/** Not any more once it is the default, with a deletion that was cut short. */
async function onTrial({ files }: Host, state: string): Promise<boolean> {
  return parseBootEnvironment(await files.read(join(state, stateEnvironmentPath))).mark !== 'valid';
}

interface Place {
  readonly state: string;
  readonly device: string;
  /** Where the boot menus of the old system are. */
  readonly menus: OldMenus;
  readonly say: (line: string) => void;
}

async function becomeDefault(host: Host, { state, device, menus, say }: Place): Promise<void> {
  const { files, processes } = host;
  say('the new system has booted: it becomes the default');
  // What cannot be changed cannot be replaced either; links and missing files have no flags.
  const guarded = [oldMenuName, customMenuName].map((name) => join(menus.folder, name));
  await processes.run('chattr', ['-f', '-i', '-a', '--', menus.folder, ...guarded], { okCodes: [0, 1] });
  await changeEnvironmentFile(files, join(state, stateEnvironmentPath), { bos_mark: 'valid' });
  await replaceMenu(host, menus);
  await processes.run('tune2fs', ['-L', stateLabel, device]);
}

/** Its marker goes last: until then every boot goes on with it. */
async function deleteOld(
  host: Host,
  { root, state, device, menus, say }: Place & { readonly root: string },
  marker: TakeoverMarker,
): Promise<void> {
  const { files, processes } = host;
  say(`everything else on ${device} is deleted`);
  const start = host.clock.monotonic();
  await deleteOthers(host, state, {
    paths: marker.boot === undefined ? ['bos', ...grubFolders] : ['bos'],
    emptied: ['lost+found'],
  });
  await files.remove(join(menus.folder, customMenuName));
  // Until the marker goes, the old menu leads here, too.
  await menus.close();
  const seconds = (host.clock.monotonic() - start) / 1000;
  await processes.run('sync', ['-f', state]);
  say(`the old system is deleted (${seconds.toFixed(1)} s)`);

  if (marker.after === 'power-off') await becomeImage(host, root);
  await files.remove(join(state, takeoverMarkerPath));
  await processes.run('sync', ['-f', state]);
}

/** That this is the very file system of the takeover, and that what will be left on it is a whole system. */
async function requireOurs(
  host: Host,
  { state, device, menus }: Omit<Place, 'say'>,
  marker: TakeoverMarker,
): Promise<void> {
  const { files } = host;
  const file = await files.open(device, 'r');
  const info = await probeExt4(file).finally(() => file.close());
  if (info?.uuid !== marker.uuid) throw unexpected(`${device} is not the file system ${marker.uuid}`);
  const manifest = parseManifest(await files.readText(join(state, manifestPath)), manifestPath);
  for (const { path, size } of manifest.files)
    if ((await files.stat(join(state, path)))?.size !== size)
      throw unexpected(`${path} is missing or cut short`);
  const { stateUuid } = parseBootEnvironment(await files.read(join(state, stateEnvironmentPath)));
  if (stateUuid !== marker.uuid) throw unexpected('the boot environment belongs to another system');
  // One of the two: the old one until it is replaced.
  const texts = await Promise.all(
    [newMenuName, oldMenuName].map((name) => readIfThere(host, join(menus.folder, name))),
  );
  if (!texts.some((text) => isTakeoverMenu(text, marker.uuid)))
    throw unexpected('the new boot menu is missing');
  const ours = await readIfThere(host, join(state, stateMenuPath));
  if (!ours.includes('menuentry ')) throw unexpected(`${stateMenuPath} is not a boot menu`);
}

const readIfThere = async ({ files }: Host, path: string): Promise<string> =>
  (await files.exists(path)) ? files.readText(path) : '';

const unexpected = (what: string, cause?: unknown) =>
  new OpsError('broken', 'takeover-unexpected', `The takeover is not finished: ${what}`, {
    hint: 'Nothing was deleted. Reboot to start the current default.',
    details: cause instanceof OpsError ? cause.details : [],
    cause,
  });

const unfinished = (cause: unknown) =>
  new OpsError('broken', 'takeover-unfinished', `The takeover is not finished: ${messageOf(cause)}`, {
    hint: 'The new system is the default, and some of the old one may be left. The next boot goes on deleting it.',
    details: cause instanceof OpsError ? cause.details : [],
    cause,
  });

/**
 * The new menu takes the place of the old one. Both are whole on the disk, where GRUB reads them, before and after
 * the rename; it happens only once.
 */
async function replaceMenu(host: Host, { folder, on }: OldMenus): Promise<void> {
  const { files, processes } = host;
  const ours = join(folder, newMenuName);
  if (!(await files.exists(ours))) return;
  await processes.run('sync', ['-f', on]);
  await files.rename(ours, join(folder, oldMenuName));
  await processes.run('sync', ['-f', on]);
}

/**
 * A machine that is switched off becomes an image: what starts from a copy must not all be the same machine, and
 * grows to the disk that it lies on.
 */
async function becomeImage({ files }: Host, root: string): Promise<void> {
  for (const name of ['machine-id', 'hostname', 'ssh', 'node'])
    await files.remove(join(root, identityFolder, name));
  await files.write(join(root, growMarker), '', { sync: true });
}
