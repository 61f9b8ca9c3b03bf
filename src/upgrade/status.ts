/** What `opsctl status` says of deployments: which there are, which starts next, and how the last upgrade ended. */
import { type Deployment, foldersOf, sameDeployment } from '../boot/deployment.ts';
import type { Try } from '../boot/trial.ts';
import { errorCode, messageOf, OpsError } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { viewDatastore } from './datastore/view.ts';
import { type Node, readNode } from './node.ts';
import type { UpgradeRecord } from './record.ts';

export interface DeploymentStatus extends Deployment {
  /** What it is to the boot loader; a deployment may be more than one of these. */
  readonly roles: readonly ('running' | 'next' | 'previous' | 'staged')[];
  readonly proved: boolean;
  /** The node went back from it, and does not take it again by itself. */
  readonly returned: boolean;
}

/** Each with the DCP that it belongs to, when it was kept (ISO 8601), its bytes and its folder. */
export interface DatastoreStatus {
  /** What a return to that DCP sets back. */
  readonly kept?: KeptDatastore;
  /** What returns have left; nobody but a person uses or removes it. */
  readonly aside: readonly KeptDatastore[];
}

export interface KeptDatastore {
  readonly dcp: string;
  readonly at: string;
  readonly bytes: number;
  readonly path: string;
}

export interface UpgradeStatus {
  readonly deployments: readonly DeploymentStatus[];
  /** What is started next, one letter a start; empty when nothing is on trial. */
  readonly tries: readonly Try[];
  /** Where it is false a person chooses the version before in the boot menu: the boot loader cannot go back by itself. */
  readonly automaticReturn: boolean;
  readonly last?: NonNullable<UpgradeRecord['last']>;
  /** When packages of the system were last replaced by others: the last upgrade that proved itself, ISO 8601. */
  readonly lastAppliedPatchTime?: string;
  readonly patchedVersion?: string;
  /** A version is on the disk that the node does not run: since when, and what is to be done. */
  readonly rebootRequired?: RebootRequired;
  /** Only when the boot loader did not follow. */
  readonly loader?: { readonly of: string; readonly reason?: string };
  /** What is kept of the datastore of DCP; left out where nothing is, and for those who may not look there. */
  readonly datastore?: DatastoreStatus;
  /** Why it could not be looked at in full. */
  readonly fault?: string;
}

export interface RebootRequired {
  readonly version: string;
  /** ISO 8601; left out where nobody knows. */
  readonly since?: string;
  /** staged: it waits to be committed. committed: the next start is of it. */
  readonly why: 'staged' | 'committed';
}

/** Does not need root as far as files that all may read tell it; throws nothing that a node can be in. */
export async function upgradeStatus(host: Host, root: string): Promise<UpgradeStatus> {
  try {
    const status = statusOf(await readNode(host, root));
    const datastore = await datastoreStatus(host, root);
    return datastore === undefined ? status : { ...status, datastore };
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (!(error instanceof OpsError) && !/^E[A-Z0-9]+$/.test(code)) throw error;
    const isDenied = ['EACCES', 'EPERM'].includes(code);
    const fault = isDenied ? 'not known: run it with sudo' : `not known: ${messageOf(error)}`;
    return { deployments: [], tries: [], automaticReturn: true, fault };
  }
}

/** What cannot be looked at says itself when DCP changes. */
async function datastoreStatus(host: Host, root: string): Promise<DatastoreStatus | undefined> {
  const view = await viewDatastore(host, root).catch(() => undefined);
  if (view?.kind !== 'local' || (view.kept === undefined && view.aside.length === 0)) return undefined;
  const shown = ({ dcp, at, bytes, path }: KeptDatastore): KeptDatastore => ({ dcp, at, bytes, path });
  return {
    ...(view.kept === undefined ? {} : { kept: shown(view.kept) }),
    aside: view.aside.map(shown),
  };
}

/** Pure. */
export function statusOf(node: Node): UpgradeStatus {
  const { running, current, previous, staged, record, tries, countsBoots } = node;
  const isHere = (one: Deployment) => foldersOf(one).every((folder) => node.folders.includes(folder));
  const named: readonly (readonly [DeploymentStatus['roles'][number], Deployment | undefined])[] = [
    ['running', running],
    ['next', current],
    ['previous', previous],
    ['staged', staged?.deployment],
  ];
  const all: Deployment[] = [];
  for (const [, one] of named)
    if (one !== undefined && isHere(one) && !all.some((other) => sameDeployment(one, other))) all.push(one);
  const { last } = record;
  return {
    deployments: all.map(({ kernel, os, dcp }) => {
      const one = { kernel, os, dcp };
      const among = (list: readonly Deployment[]) => list.some((other) => sameDeployment(one, other));
      return {
        ...one,
        roles: named.filter(([, other]) => sameDeployment(one, other)).map(([role]) => role),
        proved: among(record.proved),
        returned: among(record.returned),
      };
    }),
    ...{ tries, automaticReturn: countsBoots },
    ...(last === undefined ? {} : { last }),
    ...(record.loader?.end === 'failed' && record.loader.os === running.os
      ? { loader: { of: record.loader.os, ...(record.loader.reason && { reason: record.loader.reason }) } }
      : {}),
    ...lastPatch(record),
    ...rebootRequired(node),
  };
}

/** What came after it and did not prove itself changes nothing of what was applied. */
function lastPatch({
  last,
  patched,
}: UpgradeRecord): Pick<UpgradeStatus, 'lastAppliedPatchTime' | 'patchedVersion'> {
  const found = last?.end === 'proved' ? { os: last.to.os, at: last.endedAt ?? last.at } : patched;
  return found === undefined ? {} : { lastAppliedPatchTime: found.at, patchedVersion: found.os };
}

function rebootRequired({
  running,
  current,
  staged,
  record,
  tries,
}: Node): Pick<UpgradeStatus, 'rebootRequired'> {
  const { last } = record;
  // A node that returned and is about to try again waits for nobody.
  if (!sameDeployment(current, running) && tries[0] !== 'p') {
    const since = last !== undefined && sameDeployment(last.to, current) ? { since: last.at } : {};
    return { rebootRequired: { version: current.os, ...since, why: 'committed' } };
  }
  if (staged === undefined || sameDeployment(staged.deployment, running)) return {};
  return { rebootRequired: { version: staged.deployment.os, since: staged.at, why: 'staged' } };
}
