/**
 * The steps of a takeover on the old system: pure, and the same for the same input. None of them destroys anything,
 * and a failure takes everything back; what deletes is done by the new system, when it has booted
 * (src/runtime/boot/takeover.ts).
 */
import { consoleWords } from '../../boot/command-line.ts';
import { renderBootEnvironment, stateEnvironmentPath } from '../../boot/environment.ts';
import { stateMenuPath } from '../../boot/menus/existing-menu.ts';
import { renderDiskMenu } from '../../boot/menus/menu.ts';
import { renderTakeoverMarker } from '../../boot/menus/takeover-marker.ts';
import {
  customMenuName,
  environmentName,
  newMenuName,
  renderAddition,
  renderTakeoverMenu,
  takeoverEntry,
  takeoverMarkerPath,
} from '../../boot/menus/takeover-menu.ts';
import { manifestPath } from '../../media/manifest.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Step } from '../../steps/index.ts';
import { debugArguments } from '../fill-state.ts';
import { deploymentOf, type PlanInput, planRefs } from '../plan-input.ts';
import type { InstallRequest } from '../request.ts';
import type { TakeoverTarget } from './check.ts';
import type { TakeoverFacts } from './facts.ts';

export interface TakeoverInput
  extends Pick<PlanInput, 'mediumRoot' | 'image' | 'manifest' | 'manifestText' | 'config'> {
  readonly request: Pick<InstallRequest, 'debug' | 'tty'> & { readonly powerOff: boolean };
  readonly facts: Pick<TakeoverFacts, 'consoles'>;
  readonly target: TakeoverTarget;
}

/** The plan of a takeover. */
export function planTakeover(input: TakeoverInput): Plan<Step> {
  const { request, facts, target, manifest, manifestText, config, mediumRoot, image } = input;
  const { device, uuid, folder } = target;
  const at = planRefs.root;
  const files = manifest.files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const deployment = deploymentOf(manifest);
  const consoles = facts.consoles.map((console) => `console=${console}`).join(' ');
  const environment = { mark: 'filling', stateUuid: uuid, ...deployment, others: {} } as const;
  // The format is ASCII, whatever the names of versions are: the manifest allows nothing else.
  const block = Buffer.from(renderBootEnvironment(environment)).toString('latin1');
  const newMenu = `${folder}/${newMenuName}`;
  const text = (id: string, path: string, content: string, mode = 0o644): Step => ({
    ...{ id, kind: 'write-file', at, path, mode, content: { from: 'text', text: content } },
  });
  return {
    v: 1,
    operation: 'takeover',
    target: `${device} (the root file system)`,
    steps: [
      {
        ...{ id: 'claim-root', kind: 'claim-root', device, uuid, at },
        ...{ folder: 'bos', files: [newMenu] },
        marker: takeoverMarkerPath,
      },
      image === undefined
        ? { id: 'copy-system', kind: 'copy-files', from: mediumRoot, to: at, files }
        : { id: 'copy-system', kind: 'copy-from-image', ...image, to: at },
      {
        ...{ id: 'make-folders', kind: 'make-folders', at },
        folders: ['bos/data', 'bos/data/home', 'bos/data/var', 'bos/data/opt'].map((path) => ({
          path,
          mode: 0o755,
        })),
      },
      {
        ...{ id: 'make-links', kind: 'make-links', at },
        links: Object.entries(deployment).flatMap(([component, version]) =>
          version === null ? [] : [{ path: `bos/system/${component}/current`, target: version }],
        ),
      },
      {
        ...{ id: 'write-config', kind: 'write-file', at, path: 'bos/system/config.yaml', mode: 0o600 },
        content: { from: 'file', path: planRefs.config, ...config },
      },
      text(
        'write-menu',
        stateMenuPath,
        renderDiskMenu({
          // The serial console of this system must not be lost.
          arguments: [
            ...consoleWords(consoles, request.tty),
            ...(request.debug ? debugArguments : ['quiet']),
          ],
        }),
      ),
      text('write-environment', stateEnvironmentPath, block),
      text('write-new-menu', newMenu, renderTakeoverMenu({ uuid })),
      text('write-manifest', manifestPath, manifestText),
      { id: 'verify-system', kind: 'verify-files', at, files },
      { id: 'write-journal', kind: 'write-journal', at },
      {
        ...{ id: 'add-menu-entry', kind: 'add-menu-entry', at, path: `${folder}/${customMenuName}` },
        text: renderAddition({ folder, uuid }),
      },
      // Whatever was cut short before this is tried by nobody.
      text(
        'write-marker',
        takeoverMarkerPath,
        renderTakeoverMarker({ v: 1, uuid, folder, after: request.powerOff ? 'power-off' : 'reboot' }),
      ),
      {
        ...{ id: 'boot-once', kind: 'boot-once', at, path: `${folder}/${environmentName}` },
        ...{ entry: takeoverEntry, device },
      },
    ],
  };
}
