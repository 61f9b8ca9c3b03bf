/** Labels of nodes that Plans select by: Kubernetes' own, and those of this system. */

/** What servers have; others are workers. */
export const controlPlaneLabel = 'node-role.kubernetes.io/control-plane';
/** What a node says of itself (src/runtime/appliers/dcp/service.ts); a live system has nothing to upgrade. */
export const modeLabel = 'bhojpur.net/mode';
/** What a person sets on a node that is to be upgraded. */
export const upgradeLabel = { key: 'bhojpur.net/upgrade', value: 'latest' } as const;
/** What it was before 0.11 of the classic system. */
export const oldUpgradeLabel = 'plan.upgrade.bhojpur.net/bos-latest';
