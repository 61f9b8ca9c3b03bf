/** Runs `opsctl status`. */
import { type BootRecord, bootRecordPath, parseBootRecord } from '../../../disk/probe/boot-record.ts';
import { exitCodes, refused } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { type InstallRecord, readInstallRecord } from '../../../install/record.ts';
import {
  type ConfigStatus,
  type Fault,
  formatFault,
  type PhaseStatus,
  readConfigStatus,
  runPhaseNames,
} from '../../../runtime/status/config-status.ts';
import { hostKeyFingerprints } from '../../../runtime/status/host-keys.ts';
import { type UpgradeStatus, upgradeStatus } from '../../../upgrade/status.ts';
import type { CommandAction } from '../../command.ts';
import { upgradeRows } from './upgrade-rows.ts';

export interface SystemStatus {
  readonly v: 1;
  readonly mode: BootRecord['mode'];
  readonly hostname: string;
  /** Where it is reached now. */
  readonly addresses: readonly string[];
  /** What ssh shows to whoever connects for the first time: `ED25519 SHA256:…`. */
  readonly hostKeys: readonly string[];
  readonly kernel: string;
  readonly os: string;
  /** Empty when the system has none. */
  readonly dcp: string;
  /** The device of BOS_STATE; empty in a live system. */
  readonly state: string;
  /** Nothing lasts beyond this boot, although there is a BOS_STATE. */
  readonly ephemeral: boolean;
  readonly configuration: Pick<ConfigStatus, 'phases'>;
  /** What of the system is on the disk, and how the last upgrade ended; left out in a live system. */
  readonly upgrades?: UpgradeStatus;
  /** How the unattended installation of this boot ended; left out when there was none. */
  readonly installation?: InstallRecord;
}

export const showStatus: CommandAction = async ({ host, terminal }, _args, options) => {
  const status = await systemStatus(host);
  terminal.out(options.json === true ? `${JSON.stringify(status, null, 2)}\n` : statusText(status));
  return exitCodeFor(status);
};

/** Throws `not-bhojpur-os` (refused) where the record of the boot is missing. */
async function systemStatus(host: Host): Promise<SystemStatus> {
  let record: string;
  try {
    record = await host.files.readText(bootRecordPath);
  } catch (cause) {
    throw refused('not-bhojpur-os', 'This system is not Bhojpur OS', {
      cause,
      hint: 'Run it on a node: `opsctl status` reports on the system it runs in.',
    });
  }
  const { mode, kernel, os, dcp, state, ephemeral = false } = parseBootRecord(record);
  const hostname = (await host.files.readText('/proc/sys/kernel/hostname')).trim();
  const { phases } = await readConfigStatus(host, '/');
  const installation = await readInstallRecord(host.files);
  const upgrades = state === '' ? undefined : await upgradeStatus(host, '/');
  return {
    ...{
      v: 1,
      mode,
      hostname,
      addresses: host.system.addresses(),
      hostKeys: await hostKeyFingerprints(host.files),
      kernel,
      os,
      dcp,
      state,
      ephemeral,
      configuration: { phases },
    },
    ...(upgrades === undefined ? {} : { upgrades }),
    ...(installation === undefined ? {} : { installation }),
  };
}

function statusText(status: SystemStatus): string {
  const { mode, hostname, kernel, os, dcp, configuration } = status;
  const rows = [
    ['system', `Bhojpur OS ${os}, ${mode === 'live' ? 'live' : `mode ${mode}`}`],
    ['hostname', hostname],
    ['address', status.addresses.join(', ') || 'none'],
    ...(status.addresses[0] === undefined ? [] : [['ssh', `ssh bhojpur@${status.addresses[0]}`]]),
    ...status.hostKeys.slice(0, 1).map((key) => ['host key', key]),
    ['kernel', kernel],
    ['DCP', dcp === '' ? 'none' : dcp],
    ['state', stateText(status)],
    ...(status.upgrades === undefined ? [] : upgradeRows(status.upgrades)),
    ...(status.installation === undefined ? [] : [['installation', installationText(status.installation)]]),
    ...runPhaseNames.map((name) => [name, phaseText(configuration.phases[name])]),
  ];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  const lines = rows.map(([name = '', value]) => `${name.padEnd(width)}  ${value}`);
  const faults = groupedFaults(configuration).flatMap(({ text, phases }) => {
    const [first = '', ...more] = text.split('\n');
    return [`  ${phases.join(', ')}: ${first}`, ...more.map((line) => `    ${line}`)];
  });
  return `${[...lines, ...(faults.length === 0 ? [] : ['', 'Faults:', ...faults])].join('\n')}\n`;
}

const installationText = ({ ok, message, details = [] }: InstallRecord) =>
  ok ? 'complete' : [`failed: ${message}`, ...details].join('\n  ');

function stateText({ state, ephemeral }: SystemStatus): string {
  if (state === '') return 'none: nothing is kept after this boot';
  return ephemeral ? `${state}, ephemeral: nothing is kept after this boot` : state;
}

function phaseText(phase: PhaseStatus | undefined): string {
  if (phase === undefined) return 'has not run yet';
  const { at: startTime, durationMs, applied, failed, faults } = phase;
  const count = (severity: Fault['severity']) =>
    faults.filter((fault) => fault.kind === 'source' && fault.severity === severity).length;
  return [
    `${applied} applied`,
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(count('error') === 0 ? [] : [plural(count('error'), 'error', 'in its sources')]),
    ...(count('warning') === 0 ? [] : [plural(count('warning'), 'warning', 'about its sources')]),
    `${(durationMs / 1000).toFixed(1)} s, at ${startTime.slice(0, 19).replace('T', ' ')} UTC`,
  ].join(', ');
}

const plural = (count: number, what: string, where: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'} ${where}`;

/** Each fault once, with the phases that met it: the phases of a boot read the same sources. */
function groupedFaults({ phases }: SystemStatus['configuration']) {
  const found = new Map<string, string[]>();
  for (const name of runPhaseNames) {
    for (const fault of phases[name]?.faults ?? []) {
      const text = formatFault(fault);
      const already = found.get(text);
      if (already === undefined) found.set(text, [name]);
      else if (!already.includes(name)) already.push(name);
    }
  }
  return [...found].map(([text, names]) => ({ text, phases: names }));
}

/** As the installation or `opsctl config` ended: 5 for what failed, else 2 for a source that is faulty. */
function exitCodeFor({ configuration, installation }: SystemStatus): number {
  if (installation?.ok === false) return installation.exitCode;
  const errors = Object.values(configuration.phases)
    .flatMap(({ faults }) => faults)
    .filter(({ severity }) => severity === 'error');
  if (errors.some(({ kind }) => kind === 'action')) return exitCodes.broken;
  return errors.length > 0 ? exitCodes.usage : 0;
}
