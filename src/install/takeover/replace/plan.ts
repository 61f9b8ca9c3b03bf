/**
 * The steps on the old system when its whole disk is to be replaced: pure. They put the system where GRUB reads it, to be
 * tried from memory, and destroy nothing; a failure takes all of them back. What erases the disk is done by the new system,
 * when it has been confirmed (src/cli/commands/takeover/replace-action.ts).
 */
import { carriedHostKeysFolder } from '../../../boot/carried-host-keys.ts';
import { consoleWords } from '../../../boot/command-line.ts';
import type { Confirmation } from '../../../boot/menus/takeover-marker.ts';
import {
  customMenuName,
  environmentName,
  takeoverEntry,
  takeoverMarkerPath,
} from '../../../boot/menus/takeover-menu.ts';
import { renderReplaceAddition, renderReplaceMarker } from '../../../boot/replace-menu.ts';
import { manifestPath } from '../../../media/manifest.ts';
import type { Plan } from '../../../plan/plan.ts';
import type { Step } from '../../../steps/index.ts';
import { currentLinks, debugArguments, type SystemInput, writeText } from '../../fill-state.ts';
import { deploymentOf, planRefs } from '../../plan-input.ts';
import type { HostKeyFile } from '../carry/read-logins.ts';
import { hostKeySteps } from '../carry/steps.ts';
import { keptWords, startSeconds } from '../confirmation.ts';
import type { ReplaceTarget } from './check.ts';
import { framesOf } from './frames.ts';

export interface ReplaceInput extends SystemInput {
  readonly request: SystemInput['request'] & {
    readonly powerOff: boolean;
    readonly allowNoLogin: boolean;
    readonly allowWarnings: boolean;
  };
  /** Undefined: that the new system comes up is enough. */
  readonly confirm?: Confirmation | undefined;
  readonly target: ReplaceTarget;
  /** What is carried over: in the configuration, in words, and the host keys of ssh. */
  readonly carry?: { readonly holds: string | undefined; readonly hostKeys: readonly HostKeyFile[] };
}

const configPath = 'bos/system/config.yaml';

/** The plan of a takeover that replaces the disk. */
export function planReplace(input: ReplaceInput): Plan<Step> {
  const { target, manifest, manifestText, config, mediumRoot, image } = input;
  const { boot } = target;
  const at = boot.mountPoint === '/' ? planRefs.root : boot.mountPoint;
  const files = manifest.files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const marker = markerOf(input);
  const { holds, hostKeys = [] } = input.carry ?? {};
  const { frames, order } = framesOf(
    [
      ...files.map(({ path, size }) => ({ path, size, mode: 0o644 })),
      // In memory, too, only root reads these.
      { path: configPath, size: config.size, mode: 0o600 },
      ...hostKeys.map(({ name, size }) => ({ path: `${carriedHostKeysFolder}/${name}`, size, mode: 0o600 })),
    ],
    [
      { path: manifestPath, text: manifestText, type: 'file' },
      { path: takeoverMarkerPath, text: marker, type: 'file' },
      ...currentLinks(manifest).map(({ path, target: text }) => ({ path, text, type: 'link' }) as const),
    ],
  );
  const menus = boot.path.slice(1);
  const inMenus = (name: string) => (menus === '' ? name : `${menus}/${name}`);
  return {
    v: 1,
    operation: 'takeover',
    target: `${boot.disk} (the whole disk)`,
    steps: [
      {
        ...{ id: 'claim-boot', kind: 'claim-root', device: boot.device, uuid: boot.uuid, at },
        ...{ what: 'file system', folder: 'bos', files: [], marker: takeoverMarkerPath },
      },
      image === undefined
        ? { id: 'copy-system', kind: 'copy-files', from: mediumRoot, to: at, files }
        : { id: 'copy-system', kind: 'copy-from-image', ...image, to: at },
      {
        ...{ id: 'write-config', kind: 'write-file', at, path: configPath, mode: 0o600 },
        content: { from: 'file', path: planRefs.config, ...config },
        ...(holds === undefined ? {} : { holds }),
      },
      ...hostKeySteps(hostKeys, at),
      ...frames.map(({ path, text }, index) => writeText(`write-frame-${index + 1}`, at, path, text)),
      writeText('write-manifest', at, manifestPath, manifestText),
      { id: 'verify-system', kind: 'verify-files', at, files },
      {
        ...{ id: 'add-menu-entry', kind: 'add-menu-entry', at, path: inMenus(customMenuName) },
        text: additionOf(input, order),
      },
      // Whatever was cut short before this is tried by nobody.
      writeText('write-marker', at, takeoverMarkerPath, marker),
      {
        ...{ id: 'boot-once', kind: 'boot-once', at, path: inMenus(environmentName) },
        ...{ entry: takeoverEntry, device: boot.disk, kept: keptWords(input.confirm) },
        erases: target.mounts.join(', '),
        ...(boot.fsType === 'xfs' && { log: 'xfs' }),
      },
    ],
  };
}

function markerOf({ target: { boot }, request, confirm }: ReplaceInput): string {
  const { tty, debug, allowNoLogin, allowWarnings, powerOff } = request;
  return renderReplaceMarker({
    v: 1,
    replaces: 'disk',
    boot: { uuid: boot.uuid, fsType: boot.fsType, path: boot.path },
    after: powerOff ? 'power-off' : 'reboot',
    ...(confirm && { confirm }),
    request: { ...(tty !== undefined && { tty }), debug, allowNoLogin, allowWarnings },
  });
}

function additionOf(
  { target: { boot }, request, facts, manifest }: ReplaceInput,
  order: readonly string[],
): string {
  const { kernel, os, dcp } = deploymentOf(manifest);
  const folder = `bos/system/kernel/${kernel}`;
  return renderReplaceAddition({
    uuid: boot.uuid,
    kernel: `${folder}/vmlinuz`,
    initrds: [`${folder}/initrd`, ...order],
    arguments: [
      // As a tmpfs it would be limited to half of the memory.
      ...['rootfstype=ramfs', 'bos.mode=live', `bos.kernel=${kernel}`, `bos.os=${os}`],
      ...(dcp === null ? [] : [`bos.dcp=${dcp}`]),
      ...consoleWords(facts.consoles.map((console) => `console=${console}`).join(' '), request.tty),
      ...(request.debug ? debugArguments : ['quiet']),
    ],
    limit: startSeconds,
  });
}
