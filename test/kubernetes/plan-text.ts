/** A Plan without faults, and what is said of others. */
import { validatePlans } from '../../src/kubernetes/validate/validate.ts';

/** No error, no warning. */
export const soundPlan = `apiVersion: upgrade.cattle.io/v1
kind: Plan
metadata:
  name: bos
  namespace: system-upgrade
spec:
  concurrency: 1
  version: v0.2.0
  nodeSelector:
    matchLabels: {bhojpur.net/upgrade: latest}
  serviceAccountName: bos
  drain:
    ignoreDaemonSets: true
    deleteEmptydirData: true
  upgrade:
    image: registry.example.com/bos
`;

/** `LINE:COLUMN [warning: ]key: message` of each fault. */
export const faultsIn = (text: string): readonly string[] =>
  validatePlans(Buffer.from(text), 'plan.yaml').diagnostics.map(
    ({ severity, place, key, message }) =>
      `${place.line}:${place.column} ${severity === 'error' ? '' : `${severity}: `}${key === undefined ? '' : `${key}: `}${message}`,
  );

/** The sound Plan with one piece replaced. Throws when the piece is not there. */
export function changed(piece: string, by: string): string {
  if (!soundPlan.includes(piece)) throw new Error(`the Plan has no "${piece}"`);
  return soundPlan.replace(piece, by);
}

/** The sound Plan with lines of `spec` added at its end, each indented by two. */
export const withSpec = (lines: string): string => `${soundPlan}${lines.replaceAll(/^(?=.)/gm, '  ')}\n`;
