/**
 * Request and facts become the steps of an installation onto partitions that were there: pure. Nothing is formatted.
 * The order is that of a whole disk: what an older installation starts is unmarked first, what makes the new one
 * start comes when everything has been read back, and the valid mark is last.
 */
import { stateEnvironmentPath } from '../../boot/environment.ts';
import { diskMenuPath } from '../../boot/menus/menu.ts';
import {
  renderStateStub,
  stateMenuPath,
  stateStubPath,
  volumeToolsPath,
} from '../../boot/menus/partition-menu.ts';
import { stateLabel } from '../../disk/layout/layout.ts';
import { manifestPath } from '../../media/manifest.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Step } from '../../steps/index.ts';
import { dataFolders, fillState, writeText } from '../fill-state.ts';
import { bootEnvironment, mountStep, type PlanInput, planRefs } from '../plan-input.ts';
import type { BootPlaces, PartitionTarget } from './boot.ts';
import { describePartition } from './choose.ts';
import { bootLoaders } from './loaders.ts';
import { keepSectors, oldSystemEntries } from './old-boot-sectors.ts';
import { volumeArguments } from './volume.ts';

/** What the manifest of an older installation listed, after the manifest itself. */
const oldSystem = [manifestPath, 'bos/system/kernel', 'bos/system/os', 'bos/system/dcp'];

/** The plan. The file system keeps its UUID, which stands in the place of the one that facts have drawn. */
export function planPartition(given: PlanInput, target: PartitionTarget): Plan<Step> {
  const { partition, places } = target;
  const uuid = partition.signature?.uuid ?? '';
  const input = { ...given, facts: { ...given.facts, ids: { ...given.facts.ids, stateFs: uuid } } };
  const guest = places.style === 'guest';
  const environment = guest
    ? {
        ...bootEnvironment(input),
        path: stateEnvironmentPath,
        ...(target.volume === undefined ? {} : ({ automaticReturn: false } as const)),
      }
    : bootEnvironment(input);
  const mark = guest
    ? ({ fileSystem: 'ext4', partition: planRefs.state, environment } as const)
    : ({ fileSystem: 'fat', partition: espOf(places), environment } as const);
  return {
    v: 1,
    operation: 'install',
    target: describePartition(target),
    steps: [
      {
        id: 'check-filesystem',
        kind: 'check-filesystem',
        device: partition.path,
        size: partition.size,
        uuid,
        bind: planRefs.state,
      },
      ...relabelled(target),
      // Looks for links, too, before there is no way back.
      mountStep(input, guest ? [] : [diskMenuPath]),
      guest
        ? { id: 'claim-state', kind: 'claim-state', at: planRefs.mount, environment }
        : { id: 'mark-filling', kind: 'mark-filling', ...mark },
      ...(target.older === false
        ? []
        : [
            {
              id: 'remove-old-system',
              kind: 'remove-old-system',
              at: planRefs.mount,
              paths: oldSystem,
            } as const,
          ]),
      ...(guest ? [writeStub] : []),
      ...keepSectors(places),
      ...volumeTools(target),
      ...fillState(
        input,
        guest
          ? {
              ...{ menuPath: stateMenuPath, folders: dataFolders, moreEntries: oldSystemEntries(places) },
              ...(target.volume === undefined ? {} : { moreArguments: volumeArguments(target.volume) }),
              ...(target.tools === undefined ? {} : { moreInitrds: [volumeToolsPath] }),
            }
          : {},
      ),
      ...bootLoaders(input, target),
      ...places.manualSteps.map(
        (what, index): Step => ({ id: `left-${index + 1}`, kind: 'manual-steps', what }),
      ),
      { id: 'mark-valid', kind: 'mark-valid', from: 'filling', ...mark },
    ],
  };
}

const espOf = ({ efi }: BootPlaces): string => efi[0]?.partition.path ?? '';

function relabelled({ partition }: PartitionTarget): Step[] {
  const from = partition.signature?.label ?? '';
  if (from === stateLabel) return [];
  return [{ id: 'relabel', kind: 'relabel', partition: planRefs.state, from, to: stateLabel }];
}

const writeStub = writeText('write-stub', planRefs.mount, stateStubPath, renderStateStub());

/** What the initrd lacks. */
function volumeTools({ tools }: PartitionTarget): Step[] {
  if (tools === undefined) return [];
  const step = { id: 'write-volume-tools', kind: 'write-volume-tools', at: planRefs.mount } as const;
  return [{ ...step, path: volumeToolsPath, files: [...tools] }];
}
