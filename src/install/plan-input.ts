/** What a plan is made from, and the names that it gives to what does not exist yet. */
import { environmentPath } from '../boot/environment.ts';
import type { DiskFacts, MachineFacts } from '../disk/facts.ts';
import type { Manifest } from '../media/manifest.ts';
import type { Step } from '../steps/index.ts';
import type { CarriedReport } from './carried-report.ts';
import type { PlannedImage } from './medium/iso.ts';
import type { Asset, BootAssets } from './medium/live.ts';
import type { PartitionTarget } from './partition/boot.ts';
import type { InstallRequest } from './request.ts';

/** Names that partitions, folders and files have before they exist. */
export const planRefs = {
  biosGrub: 'part:bios',
  esp: 'part:esp',
  state: 'part:state',
  var: 'part:var',
  mount: 'mount:state',
  /** Of the running system; it stands for nothing, so that paths begin with a slash. */
  root: 'mount:root',
  config: 'file:config',
  image: 'url:image',
} as const;

/** Where the target is mounted while it is filled, if nothing else is said. */
export const mountPoint = '/run/bos/target';

export interface PlanInput {
  readonly request: Pick<InstallRequest, 'debug' | 'tty' | 'id'>;
  readonly facts: Pick<MachineFacts, 'arch' | 'ids' | 'consoles' | 'firmware'>;
  readonly disk: DiskFacts;
  /** A disk of its own for /var; undefined: it lies on the state partition. */
  readonly varDisk?: DiskFacts | undefined;
  /** The partition on `disk` to install to as it is. */
  readonly existing?: PartitionTarget | undefined;
  /** The root of the medium; of no importance with an image. */
  readonly mediumRoot: string;
  /** The ISO to install from instead of the medium. */
  readonly image?: PlannedImage;
  readonly manifest: Manifest;
  /** The manifest as it stands on the medium. */
  readonly manifestText: string;
  /** Size and digest of the configuration; its bytes are no part of a plan. */
  readonly config: Omit<Asset, 'path'>;
  readonly assets: BootAssets;
  /** What the installed system reports by, where its medium has that. */
  readonly report?: CarriedReport | undefined;
  /** Where the target is mounted while it is filled; `mountPoint` when left out. */
  readonly mountAt?: string;
}

/** The versions that start. */
export const deploymentOf = ({ kernel, os, dcp }: Manifest) => ({ kernel, os, dcp });

/** `writes`: files outside of `bos` that later steps write, on a file system that may have them. */
export const mountStep = (
  { mountAt = mountPoint }: Pick<PlanInput, 'mountAt'>,
  writes: readonly string[] = [],
): Step => ({
  ...{ id: 'mount-state', kind: 'mount-state', partition: planRefs.state },
  ...{ at: mountAt, bind: planRefs.mount },
  ...(writes.length === 0 ? {} : { writes: [...writes] }),
});

/** What the boot loader is told of them. */
export const bootEnvironment = ({
  facts,
  manifest,
  request,
}: Pick<PlanInput, 'facts' | 'manifest' | 'request'>) => ({
  path: environmentPath,
  stateUuid: facts.ids.stateFs,
  ...deploymentOf(manifest),
  ...(request.id === undefined ? {} : { request: request.id }),
});
