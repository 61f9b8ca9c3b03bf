/** Labels of nodes that Plans select by, and what a node says of itself: Kubernetes' own names, and those of this system. */

/** What servers have; others are workers. */
export const controlPlaneLabel = 'node-role.kubernetes.io/control-plane';
/** What a node says of itself (src/runtime/appliers/dcp/service.ts); a live system has nothing to upgrade. */
export const modeLabel = 'bhojpur.net/mode';
export const versionLabel = 'bhojpur.net/version';
/** Servers that hold a member of etcd. */
export const etcdLabel = 'node-role.kubernetes.io/etcd';
/** What a person sets on a node that is to be upgraded. */
export const upgradeLabel = { key: 'bhojpur.net/upgrade', value: 'latest' } as const;
/** What it was before 0.11 of the classic system. */
export const oldUpgradeLabel = 'plan.upgrade.bhojpur.net/bos-latest';

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
