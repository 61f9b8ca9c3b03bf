/** The lines of `opsctl status` about deployments. Pure. */
import { deploymentText } from '../../../boot/deployment.ts';
import { formatBytes } from '../../../formats/size.ts';
import type {
  DatastoreStatus,
  DeploymentStatus,
  KeptDatastore,
  RebootRequired,
  UpgradeStatus,
} from '../../../upgrade/status.ts';

export function upgradeRows(status: UpgradeStatus): readonly (readonly [string, string])[] {
  const { deployments, tries, automaticReturn, last, loader, fault, rebootRequired } = status;
  const { lastAppliedPatchTime, patchedVersion } = status;
  return [
    ...deployments.map((one, index) => [index === 0 ? 'deployments' : '', deploymentLine(one)] as const),
    ...(fault === undefined ? [] : [['deployments', fault] as const]),
    ...(tries.length === 0 ? [] : [['on trial', triesText(tries)] as const]),
    ...(automaticReturn ? [] : [['return', 'by hand: the boot loader cannot count starts here'] as const]),
    ...(last === undefined ? [] : [['last upgrade', lastText(last)] as const]),
    ...(rebootRequired === undefined ? [] : [['reboot required', rebootText(rebootRequired)] as const]),
    ...(loader === undefined
      ? []
      : [
          [
            'boot loader',
            `not updated to that of ${loader.of}: ${loader.reason}. \`sudo opsctl upgrade --boot-loader\` tries again`,
          ] as const,
        ]),
    ...(lastAppliedPatchTime === undefined
      ? []
      : [['Last Applied Patch Time', minutes(lastAppliedPatchTime)] as const]),
    ...(patchedVersion === undefined ? [] : [['Patched Version', patchedVersion] as const]),
    ...datastoreRows(status.datastore),
  ];
}

function datastoreRows(datastore: DatastoreStatus | undefined): readonly (readonly [string, string])[] {
  if (datastore === undefined) return [];
  const { kept, aside } = datastore;
  const line = ({ dcp, at, bytes }: KeptDatastore) => `DCP ${dcp}, ${minutes(at)}, ${formatBytes(bytes)}`;
  const lines = [
    ...(kept === undefined ? [] : [`kept for a return: ${line(kept)}`]),
    ...aside.map((one) => `put aside: ${line(one)}: ${one.path}`),
  ];
  return lines.map((text, index) => [index === 0 ? 'datastore' : '', text] as const);
}

function deploymentLine(one: DeploymentStatus): string {
  const marks = [...one.roles, ...(one.proved ? ['proved'] : []), ...(one.returned ? ['returned from'] : [])];
  return `${deploymentText(one)}: ${marks.join(', ')}`;
}

/** Of what is left of the list. */
function triesText(tries: UpgradeStatus['tries']): string {
  const left = tries.filter((one) => one === 'c').length;
  if (left > 0)
    return `the new version has ${left === 1 ? 'one more start' : `${left} more starts`} to prove itself`;
  return tries.includes('p') ? 'the version before is being tried' : 'no version has proved itself';
}

const ends = {
  pending: 'not proved yet',
  proved: 'proved',
  returned: 'returned from',
  'rolled-back': 'rolled back',
} as const;

function lastText({ from, to, at, end, reason }: NonNullable<UpgradeStatus['last']>): string {
  return `${from.os} to ${to.os}, ${minutes(at)}: ${ends[end]}${reason === undefined ? '' : ` (${reason})`}`;
}

function rebootText({ version, since, why }: RebootRequired): string {
  const what =
    why === 'staged'
      ? `${version} is staged: sudo opsctl upgrade --commit --reboot`
      : `the next start is of ${version}: sudo reboot`;
  return since === undefined ? what : `since ${minutes(since)}: ${what}`;
}

const minutes = (time: string): string => `${time.slice(0, 16).replace('T', ' ')} UTC`;
