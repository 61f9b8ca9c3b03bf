/** Labels of nodes that Plans select by, and what a node says of itself: Kubernetes' own names, and those of this system. */

/** What servers have; others are workers. */
export const controlPlaneLabel = 'node-role.kubernetes.io/control-plane';
/** What a node says of itself; a live system has nothing to upgrade. */
export const modeLabel = 'bhojpur.net/mode';
export const versionLabel = 'bhojpur.net/version';
/** Servers that hold a member of etcd. */
export const etcdLabel = 'node-role.kubernetes.io/etcd';
/** What a person sets on a node that is to be upgraded. */
export const upgradeLabel = { key: 'bhojpur.net/upgrade', value: 'latest' } as const;
/** What it was before 0.11 of the classic system. */
export const oldUpgradeLabel = 'plan.upgrade.bhojpur.net/bos-latest';

/** What a node says of itself, when DCP starts it and in `opsctl report`. */
export function ownLabels(running: { readonly mode: string; readonly os: string }): Record<string, string> {
  const values = { [modeLabel]: running.mode, [versionLabel]: labelValue(running.os) };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}

/** A version may hold `+` and `~`, the value of a label may not. */
const labelValue = (text: string): string =>
  text
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .slice(0, 63)
    .replaceAll(/^[._-]+|[._-]+$/g, '');

/** Annotations that a node writes of itself; `opsctl report`. */
export const nodeAnnotations = {
  /** The deployment that runs, as JSON: kernel, os, dcp. */
  deployment: 'bhojpur.net/deployment',
  /** How that deployment stands: see `healths`. */
  health: 'bhojpur.net/health',
  /** The last upgrade and how it ended, as JSON. */
  lastUpgrade: 'bhojpur.net/last-upgrade',
  /** ISO 8601. */
  lastPatchTime: 'bhojpur.net/last-patch-time',
  patchedVersion: 'bhojpur.net/patched-version',
  /** An upgrade of a Plan that has begun on the node: src/kubernetes/values/upgrading.ts. */
  upgrading: 'bhojpur.net/upgrading',
} as const;

/**
 * installed: as it came with the installation. trial: a new version that has not proved itself yet. proved: it has.
 * returned: the newer version did not, and this is the one before. uncounted: nobody can tell, as the boot loader of this
 * node cannot count starts.
 */
export const healths = ['installed', 'trial', 'proved', 'returned', 'uncounted'] as const;
export type Health = (typeof healths)[number];
