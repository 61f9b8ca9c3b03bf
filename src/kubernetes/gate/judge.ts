/**
 * Whether the next node may be upgraded: what the gate of a Plan decides, from the nodes of the cluster as they are. Pure.
 */
import { type OpsError, refused } from '../../errors.ts';
import {
  annotationsOf,
  isReady,
  type KubeObject,
  labelsOf,
  type NodeObject,
  nameOf,
} from '../api/objects.ts';
import { controlPlaneLabel, etcdLabel, nodeAnnotations } from '../values/node-labels.ts';
import { matches, type Requirement } from '../values/selector.ts';
import { isVersion, parseUpgrading, type Upgrading } from '../values/upgrading.ts';

/** upgrade.cattle.io/v1 Plan. */
export interface PlanObject extends KubeObject {
  readonly spec?: {
    readonly jobActiveDeadlineSecs?: number;
    readonly nodeSelector?: {
      readonly matchLabels?: Readonly<Record<string, string>>;
      readonly matchExpressions?: readonly Requirement[];
    };
  };
  readonly status?: {
    readonly latestHash?: string;
    /** Nodes whose job has not ended. */
    readonly applying?: readonly string[];
  };
}

export interface Situation {
  readonly plan: PlanObject;
  readonly nodes: readonly NodeObject[];
  /** The node that this gate is for, and what it has announced. */
  readonly own: string;
  readonly announced: Upgrading;
  /** Of the system that the Plan brings. */
  readonly version: string;
}

/** wait: what is not so yet, a line each. stop: it does not become so by waiting. */
export type Verdict =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly reasons: readonly string[] }
  | { readonly kind: 'stop'; readonly error: OpsError };

export function judge(situation: Situation): Verdict {
  const { nodes, own, version } = situation;
  const returned = selectedNodes(situation).find((node) => hasReturned(node, version));
  if (returned !== undefined) return { kind: 'stop', error: returnedFault(returned, version) };
  const ownNode = nodes.find((node) => nameOf(node) === own);
  const quorum = quorumOf(nodes, ownNode);
  if (quorum instanceof Error) return { kind: 'stop', error: quorum };
  const reasons = [
    ...upgradedBefore(situation).flatMap((node) => reasonAgainst(node, version)),
    ...(ownNode !== undefined && controlPlaneLabel in labelsOf(ownNode) ? serverReasons(situation) : []),
    ...quorum,
  ];
  return reasons.length === 0 ? { kind: 'go' } : { kind: 'wait', reasons: [...new Set(reasons)] };
}

/** The nodes of the Plan, with the one that the gate is for. */
function selectedNodes({ plan, nodes }: Pick<Situation, 'plan' | 'nodes'>): NodeObject[] {
  const { matchLabels = {}, matchExpressions = [] } = plan.spec?.nodeSelector ?? {};
  const requirements: Requirement[] = [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, operator: 'In' as const, values: [value] })),
    ...matchExpressions,
  ];
  // As the controller: without a selector there is nothing to upgrade.
  return requirements.length === 0 ? [] : nodes.filter((node) => matches(requirements, labelsOf(node)));
}

/** Those that the controller calls done, and those on which it has begun and given up. */
function upgradedBefore(situation: Situation): NodeObject[] {
  const { plan, own, version } = situation;
  const { latestHash, applying = [] } = plan.status ?? {};
  const doneLabel = `plan.upgrade.cattle.io/${nameOf(plan)}`;
  return selectedNodes(situation).filter((node) => {
    if (nameOf(node) === own || applying.includes(nameOf(node))) return false;
    const begun = upgradingOf(node);
    const isOurs = begun?.plan === planName(plan) && begun.version === version;
    return isOurs || (latestHash !== undefined && labelsOf(node)[doneLabel] === latestHash);
  });
}

export const planName = ({ metadata }: PlanObject): string =>
  `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
export const upgradingOf = (node: NodeObject): Upgrading | undefined =>
  parseUpgrading(annotationsOf(node)[nodeAnnotations.upgrading]);

function reasonAgainst(node: NodeObject, version: string): string[] {
  const name = nameOf(node);
  const { health, deployment } = nodeAnnotations;
  const said = annotationsOf(node);
  if (!isReady(node)) return [`${name} is not ready`];
  const { os } = jsonOf(said[deployment]);
  if (os === undefined) return [`${name} does not say yet which version it runs`];
  if (!isVersion(os, version)) return [`${name} runs ${os}, not ${version}`];
  if (said[health] === 'trial') return [`${name} has not proved ${version} yet`];
  if (upgradingOf(node) !== undefined) return [`${name} does not take pods again yet`];
  return [];
}

function hasReturned(node: NodeObject, version: string): boolean {
  const said = annotationsOf(node);
  return (
    said[nodeAnnotations.health] === 'returned' &&
    isVersion(jsonOf(said[nodeAnnotations.lastUpgrade]).to, version)
  );
}

function returnedFault(node: NodeObject, version: string): OpsError {
  const { from = 'the version before', reason } = jsonOf(annotationsOf(node)[nodeAnnotations.lastUpgrade]);
  return refused('gate-returned', `The rollout stops: ${nameOf(node)} went back from ${version} to ${from}`, {
    details: reason === undefined ? [] : [`why: ${reason}`],
    hint: `See \`opsctl status\` on ${nameOf(node)}. Put another version into the Plan, or take the label off that node to go on without it.`,
  });
}

/** Control-plane nodes go one at a time, whichever Plans they belong to. */
function serverReasons({ nodes, own, announced }: Situation): string[] {
  const servers = nodes.filter((node) => nameOf(node) !== own && controlPlaneLabel in labelsOf(node));
  return servers.flatMap((node) => {
    const name = nameOf(node);
    const begun = upgradingOf(node);
    // Both have announced themselves before they look: the one that came later waits.
    const isFirst =
      begun !== undefined && (begun.at < announced.at || (begun.at === announced.at && name < own));
    if (isFirst) return [`${name}, of the control plane, is being upgraded`];
    return isReady(node) ? [] : [`${name}, of the control plane, is not ready`];
  });
}

/** What the members of etcd say against the restart of one of them; an error when they always will. */
function quorumOf(nodes: readonly NodeObject[], own: NodeObject | undefined): readonly string[] | OpsError {
  if (own === undefined || !(etcdLabel in labelsOf(own))) return [];
  const members = nodes.filter((node) => etcdLabel in labelsOf(node));
  // The only member: while it restarts there is no cluster, whoever waits.
  if (members.length === 1) return [];
  const quorum = Math.floor(members.length / 2) + 1;
  const others = members.filter((node) => nameOf(node) !== nameOf(own));
  if (others.length < quorum)
    return refused(
      'gate-quorum',
      `The etcd of this cluster has ${members.length} members, and would lose its quorum with one of them`,
      {
        details: members.map((node) => `member: ${nameOf(node)}`),
        hint: 'Add a member, so that there are three, or upgrade this node by hand.',
      },
    );
  const ready = others.filter(isReady).length;
  return ready >= quorum
    ? []
    : [`etcd needs ${quorum} ready members without ${nameOf(own)}, and has ${ready}`];
}

/** The texts of an annotation that is JSON; none of one that is not. */
function jsonOf(text: string | undefined): Readonly<Record<string, string | undefined>> {
  try {
    const value = Object(JSON.parse(text ?? '')) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    return {};
  }
}
