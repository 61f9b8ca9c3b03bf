/**
 * Request and facts become the steps of an installation onto partitions that were there: pure. Nothing is formatted.
 * The order is that of a whole disk: what an older installation starts is unmarked first, what makes the new one
 * start comes when everything has been read back, and the valid mark is last.
 */
import { stateEnvironmentPath } from '../boot/environment.ts';
import {
  oldBootSectorPath,
  oldSystemEntry,
  renderStateStub,
  stateMenuPath,
  stateStubPath,
} from '../boot/existing-menu.ts';
import { stateLabel } from '../disk/layout.ts';
import { manifestPath } from '../media/manifest.ts';
import type { Plan } from '../plan/plan.ts';
import type { Step } from '../steps/index.ts';
import type { BootPlaces, ExistingTarget } from './existing-boot.ts';
import { describePartition } from './existing-choose.ts';
import { bootLoaders, type ExistingInput } from './existing-loaders.ts';
import { fillState } from './fill-state.ts';
import { bootEnvironment, mountStep, names } from './plan-input.ts';

/** What the manifest of an older installation listed, after the manifest itself. */
const oldSystem = [manifestPath, 'bos/system/kernel', 'bos/system/os', 'bos/system/dcp'];
const dataFolders = ['bos/data', 'bos/data/home', 'bos/data/var', 'bos/data/opt'];

/** The plan. The file system keeps its UUID, which stands in the place of the one that facts have drawn. */
export function planExisting(given: ExistingInput, target: ExistingTarget): Plan<Step> {
  const { partition, places } = target;
  const uuid = partition.signature?.uuid ?? '';
  const input = { ...given, facts: { ...given.facts, ids: { ...given.facts.ids, stateFs: uuid } } };
  const guest = places.style === 'guest';
  const environment = guest
    ? { ...bootEnvironment(input), path: stateEnvironmentPath }
    : bootEnvironment(input);
  const mark = guest
    ? ({ fileSystem: 'ext4', partition: names.state, environment } as const)
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
        bind: names.state,
      },
      ...relabelled(target),
      ...(guest ? [] : [{ id: 'mark-filling', kind: 'mark-filling', ...mark } as const]),
      mountStep(input),
      ...(guest ? [{ id: 'claim-state', kind: 'claim-state', at: names.mount, environment } as const] : []),
      ...(target.older === false
        ? []
        : [
            {
              id: 'remove-old-system',
              kind: 'remove-old-system',
              at: names.mount,
              paths: oldSystem,
            } as const,
          ]),
      ...(guest ? [writeStub] : []),
      ...(places.keepSector === true ? [keepSector(target.disk.path)] : []),
      ...fillState(
        input,
        guest
          ? { menuPath: stateMenuPath, folders: dataFolders, moreEntries: oldSystemEntry }
          : { folders: ['boot', 'boot/grub', ...dataFolders] },
      ),
      ...bootLoaders(input, target),
      ...places.left.map((what, index): Step => ({ id: `left-${index + 1}`, kind: 'tell-left', what })),
      { id: 'mark-valid', kind: 'mark-filled', ...mark },
    ],
  };
}

const espOf = ({ efi }: BootPlaces): string => efi?.partition.path ?? '';

function relabelled({ partition }: ExistingTarget): Step[] {
  const from = partition.signature?.label ?? '';
  if (from === stateLabel) return [];
  return [{ id: 'relabel', kind: 'relabel', partition: names.state, from, to: stateLabel }];
}

const writeStub: Step = {
  id: 'write-stub',
  kind: 'write-file',
  at: names.mount,
  path: stateStubPath,
  mode: 0o644,
  content: { from: 'text', text: renderStateStub() },
};

const keepSector = (disk: string): Step => ({
  id: 'keep-boot-sector',
  kind: 'keep-boot-sector',
  disk,
  at: names.mount,
  path: oldBootSectorPath,
});
