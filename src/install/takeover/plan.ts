/**
 * The steps of a takeover on the old system: pure, and the same for the same input. None of them destroys anything,
 * and a failure takes everything back; what deletes is done by the new system, when it has booted
 * (src/runtime/takeover/finish.ts).
 */
import { renderBootEnvironment, stateEnvironmentPath } from '../../boot/environment.ts';
import { stateMenuPath } from '../../boot/menus/partition-menu.ts';
import { type Confirmation, renderTakeoverMarker } from '../../boot/menus/takeover-marker.ts';
import {
  customMenuName,
  environmentName,
  newMenuName,
  renderAddition,
  renderTakeoverMenu,
  takeoverEntry,
  takeoverMarkerPath,
} from '../../boot/menus/takeover-menu.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Step } from '../../steps/index.ts';
import { dataFolders, fillMounted, type SystemInput, writeText } from '../fill-state.ts';
import { deploymentOf, planRefs } from '../plan-input.ts';
import type { HostKeyFile } from './carry/read-logins.ts';
import { hostKeySteps } from './carry/steps.ts';
import type { TakeoverTarget } from './check.ts';
import { keptWords, startSeconds } from './confirmation.ts';

export interface TakeoverInput extends SystemInput {
  readonly request: SystemInput['request'] & { readonly powerOff: boolean };
  /** Undefined: that the new system comes up is enough. */
  readonly confirm?: Confirmation | undefined;
  readonly target: TakeoverTarget;
  /** What is carried over: in the configuration, in words, and the host keys of ssh. */
  readonly carry?: {
    readonly holds?: string | undefined;
    readonly hostKeys: readonly HostKeyFile[];
  };
}

/** The plan of a takeover. */
export function planTakeover(input: TakeoverInput): Plan<Step> {
  const { request, target, manifest, confirm, carry } = input;
  const { device, uuid, folder, boot } = target;
  const mountRef = planRefs.root;
  const environment = { mark: 'filling', stateUuid: uuid, ...deploymentOf(manifest), others: {} } as const;
  // The format is ASCII, whatever the names of versions are: the manifest allows nothing else.
  const block = Buffer.from(renderBootEnvironment(environment)).toString('latin1');
  const newMenu = `${folder}/${newMenuName}`;
  const marker = renderTakeoverMarker({
    v: 1,
    uuid,
    folder,
    ...(boot && { boot: { uuid: boot.uuid, fsType: boot.fsType, path: boot.path } }),
    after: request.powerOff ? 'power-off' : 'reboot',
    ...(confirm && { confirm }),
  });
  return {
    v: 1,
    operation: 'takeover',
    target: `${device} (the root file system)`,
    steps: [
      {
        ...{ id: 'claim-root', kind: 'claim-root', device, uuid, at: mountRef },
        ...{ folder: 'bos', files: [newMenu], marker: takeoverMarkerPath },
      },
      ...fillMounted(input, {
        ...{ mountRef, menuPath: stateMenuPath, folders: dataFolders },
        moreFiles: [
          writeText('write-environment', mountRef, stateEnvironmentPath, block),
          writeText('write-new-menu', mountRef, newMenu, renderTakeoverMenu({ uuid, limit: startSeconds })),
          ...hostKeySteps(carry?.hostKeys ?? [], mountRef),
        ],
      }).map((step) => withHolds(step, carry?.holds)),
      {
        ...{
          id: 'add-menu-entry',
          kind: 'add-menu-entry',
          at: mountRef,
          path: `${folder}/${customMenuName}`,
        },
        text: renderAddition({ folder, uuid, boot }),
      },
      // Whatever was cut short before this is tried by nobody.
      writeText('write-marker', mountRef, takeoverMarkerPath, marker),
      {
        ...{ id: 'boot-once', kind: 'boot-once', at: mountRef, path: `${folder}/${environmentName}` },
        ...{ entry: takeoverEntry, device, kept: keptWords(confirm) },
        // GRUB reads both, and replays the log of neither.
        ...(boot && { alsoOut: ['bos/system'] }),
        ...(boot?.fsType === 'xfs' && { log: 'xfs' }),
      },
    ],
  };
}

const withHolds = (step: Step, holds: string | undefined): Step =>
  step.kind === 'write-file' && step.id === 'write-config' && holds !== undefined ? { ...step, holds } : step;
