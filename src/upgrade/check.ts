/** What can fail cheaply, before anything is written. Pure but for the free space, which is asked for. */
import {
  boardKernel,
  type Component,
  type Deployment,
  deploymentText,
  sameDeployment,
} from '../boot/deployment.ts';
import { refused } from '../errors.ts';
import { formatBytes } from '../formats/size.ts';
import type { Host } from '../host/ports.ts';
import { installedSize, type Manifest } from '../media/manifest.ts';
import { roomForCopy } from './datastore/room.ts';
import { asideLines, type DatastoreView } from './datastore/view.ts';
import { filesOf, type Node, provenOf } from './node.ts';
import { type Placement, placeFiles } from './source/placed-files.ts';
import { compareVersions } from './source/versions.ts';

/** What stays free on BOS_STATE for the system that runs, in bytes. */
const reserve = 64 * 1024 * 1024;

export interface CheckedUpgrade {
  readonly placement: Placement;
  /** The node has it already, and starts it. */
  readonly nothingToDo: boolean;
  /** Room is needed: what is older than the current deployment goes first. */
  readonly pruneFirst: boolean;
}

export interface UpgradeChoice {
  readonly components: readonly Component[];
  readonly force: boolean;
}

/**
 * Throws OpsError (refused): `trial-pending`, `component-missing`, `downgrade`, `version-unordered`,
 * `version-returned`, `space`, `datastore-space`.
 */
export async function checkUpgrade(
  host: Pick<Host, 'files'>,
  node: Node,
  source: Manifest,
  { components, force }: UpgradeChoice,
  datastore?: DatastoreView,
): Promise<CheckedUpgrade> {
  requireComponents(source, components);
  const placement = placeFiles(source, node.manifest, node.current, components);
  const { deployment } = placement;
  if (sameDeployment(deployment, node.current)) return { placement, nothingToDo: true, pruneFirst: false };
  requireNoTrial(node);
  if (!force) {
    requireNewer(source, node, components);
    requireNotReturned(node, deployment);
  }
  return { placement, nothingToDo: false, pruneFirst: await needsPruning(host, node, placement, datastore) };
}

/** Somebody who names a part of a source wants that part. */
function requireComponents(source: Manifest, components: readonly Component[]): void {
  if (source.kernel === boardKernel && components.includes('kernel'))
    throw refused('component-missing', 'The source does not have a kernel: it is for boards', {
      hint: 'Take the user space alone: opsctl upgrade --rootfs.',
    });
  const missing = components.filter((component) => component === 'dcp' && source.dcp === null);
  if (missing.length === 0 || components.length > 1) return;
  throw refused('component-missing', 'The source does not have DCP', {
    hint: 'Name a source that was built with DCP: opsctl build --dcp FILE.',
  });
}

/** Two changes at once: a boot that fails would not tell which one it was. */
export function requireNoTrial({ tries, current }: Pick<Node, 'tries' | 'current'>): void {
  if (tries.length === 0) return;
  throw refused('trial-pending', `Version ${current.os} has not proved itself yet`, {
    hint: 'Wait until `opsctl status` says so, or return to the previous one: opsctl rollback.',
  });
}

function requireNewer(source: Manifest, { current }: Node, components: readonly Component[]): void {
  if (!components.includes('os') || source.os === current.os) return;
  const order = compareVersions(source.os, current.os);
  if (order === undefined)
    throw refused('version-unordered', `Nobody can tell whether ${source.os} is newer than ${current.os}`, {
      hint: 'Versions are ordered as Semantic Versioning says. To take it all the same: --force.',
    });
  if (order < 0)
    throw refused('downgrade', `${source.os} is older than ${current.os}, which is installed`, {
      hint: 'To take it all the same: --force. To return to the version before: opsctl rollback.',
    });
}

function requireNotReturned({ record }: Node, deployment: Deployment): void {
  if (!record.returned.some((returned) => sameDeployment(returned, deployment))) return;
  const why =
    record.last !== undefined && sameDeployment(record.last.to, deployment) ? record.last.reason : '';
  throw refused('version-returned', `This node returned from version ${deployment.os}`, {
    details: why ? [why] : [],
    hint: `${deploymentText(deployment)} would fail again unless something else has changed. To take it all the same: --force.`,
  });
}

async function needsPruning(
  host: Pick<Host, 'files'>,
  node: Node,
  { copy, deployment }: Placement,
  datastore: DatastoreView | undefined,
): Promise<boolean> {
  const { files } = host;
  const forCopy = await roomForCopy(host, node, deployment.dcp, datastore);
  const needed = installedSize(copy) + forCopy + reserve;
  const free = await files.freeSpace(node.state);
  if (free >= needed) return false;
  const kept = new Set(filesOf(node.manifest.files, [node.current, provenOf(node)]));
  const old = node.manifest.files.filter((file) => !kept.has(file));
  const gained = installedSize(old);
  if (free + gained >= needed && old.length > 0) return true;
  throw refused(
    'space',
    `The upgrade needs ${formatBytes(needed)}, but ${node.state} has ${formatBytes(free)} free`,
    {
      details: [
        ...(old.length === 0 ? [] : [`older versions take ${formatBytes(gained)}, which is not enough`]),
        ...(forCopy === 0 ? [] : [`a copy of the datastore of DCP takes ${formatBytes(forCopy)}`]),
        ...asideLines(datastore),
      ],
      hint: 'Remove what is not needed below /var, /home or /opt.',
    },
  );
}
