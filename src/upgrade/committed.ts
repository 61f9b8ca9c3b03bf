/** What is said and recorded when a new deployment is committed. Pure. */
import { type Deployment, deploymentText, sameDeployment } from '../boot/deployment.ts';
import { type Node, provenOf } from './node.ts';
import type { UpgradeRecord } from './record.ts';

/** Said when the new deployment is committed. */
export function committedText(node: Node, deployment: Deployment, tries: number): string {
  const { os } = provenOf(node);
  const tried = node.countsBoots
    ? `It has ${tries === 1 ? 'one start' : `${tries} starts`} to prove itself; otherwise ${os} comes back.`
    : `${whyNot(node)}: if it fails, choose ${os} in the boot menu.`;
  return `The next start is of ${deploymentText(deployment)}. ${tried}`;
}

export const pending =
  (node: Node, to: Deployment, source: string) =>
  (record: UpgradeRecord, at: string): UpgradeRecord => ({
    ...record,
    last: { from: provenOf(node), to, at, source, end: 'pending' },
    returned: record.returned.filter((returned) => !sameDeployment(returned, to)),
  });

const whyNot = ({ menu }: Node): string =>
  menu.kind === 'changed'
    ? 'The boot menu was changed by hand and does not count starts'
    : 'The boot loader cannot count starts here';
