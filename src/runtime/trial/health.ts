/**
 * Whether a system that is on trial does what it is for. What is looked at is on the machine itself, so that a server
 * that is down returns nobody to an older version; a command or a URL that should count too is said by
 * `bos.upgrade.health`.
 */
import { join } from 'node:path';
import type { BootFacts } from '../../boot/boot-facts.ts';
import type { Config } from '../../config/config.ts';
import { messageOf } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { datastoreFaultPath } from '../../upgrade/datastore/record.ts';
import { applyContext } from '../appliers/applier.ts';
import { runCommand } from '../appliers/commands/run-command.ts';
import { mountPoints } from '../boot/mount-points.ts';
import { formatFault, readConfigStatus } from '../status/config-status.ts';

/** Of systemd: those without which nobody reaches the machine, and all of ours. Others may fail without harm. */
const needed = ['connman.service', 'ssh.service'];
const dcpUnit = 'dcp.service';
const ownUnits = 'bos-*.service';
/** A patch that could not be had, or pods that could not be evicted, say nothing against the version that runs. */
const notJudged = /^bos-patch/;
const persistent = ['/var', '/home', '/opt'];
/** Why DCP does not start, as long as one is there. */
const dcpHolds = ['/run/bos/dcp-hold', datastoreFaultPath];

const commandSeconds = 60;
const urlMilliseconds = 20_000;
const unitMilliseconds = 30_000;

/** What does not hold at this moment, a line each; none of a healthy system. Throws nothing that is to be expected. */
export async function healthFaults(
  host: Host,
  root: string,
  boot: BootFacts,
  config: Config,
): Promise<string[]> {
  const looks = [
    () => phaseFaults(host, root),
    () => folderFaults(host, root, boot),
    () => unitFaults(host, boot.dcp !== ''),
    ...(boot.dcp === '' ? [] : [() => holdFaults(host, root)]),
    ...(config['bos.upgrade.health'] ?? []).map((check) => () => ownCheck(host, root, config, check)),
  ];
  const faults: string[] = [];
  for (const look of looks) faults.push(...(await look().catch((error: unknown) => [messageOf(error)])));
  return faults;
}

/**
 * The runtime phase has to have ended. What failed in it can be the network's fault; what failed before it is this
 * system's.
 */
async function phaseFaults(host: Host, root: string): Promise<string[]> {
  const { phases } = await readConfigStatus(host, root);
  if (phases.runtime === undefined) return ['the runtime phase of the configuration has not ended'];
  return [phases.initrd, phases.boot].flatMap((phase) =>
    (phase?.faults ?? [])
      .filter(({ kind, severity }) => kind === 'action' && severity === 'error')
      .map((fault) => `the configuration was not fully applied: ${formatFault(fault)}`),
  );
}

async function folderFaults(host: Host, root: string, boot: BootFacts): Promise<string[]> {
  if (boot.ephemeral) return [];
  const mounted = await mountPoints(host, root);
  const faults: string[] = [];
  for (const folder of persistent) {
    if (!mounted.has(folder)) {
      faults.push(`${folder} is not mounted`);
      continue;
    }
    const path = join(root, folder, '.bos-trial');
    try {
      await host.files.write(path, '', { mode: 0o600, sync: true });
      await host.files.remove(path);
    } catch (error) {
      faults.push(`${folder} cannot be written to: ${messageOf(error)}`);
    }
  }
  return faults;
}

async function unitFaults({ processes }: Host, withDcp: boolean): Promise<string[]> {
  const show = async (...units: string[]) => {
    const properties = ['--property=Id,ActiveState,SubState'];
    const { stdout } = await processes.run('systemctl', ['show', '--all', ...properties, ...units], {
      timeoutMs: unitMilliseconds,
    });
    return stdout.split(/\n\n+/).map((text) => {
      const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
      return { id: value('Id'), state: value('ActiveState'), detail: value('SubState') };
    });
  };
  const required = [...needed, ...(withDcp ? [dcpUnit] : [])];
  const found = [...(await show(...required)), ...(await show(ownUnits))];
  return found
    .filter(
      ({ id, state }) =>
        id !== '' &&
        !notJudged.test(id) &&
        (state === 'failed' || (required.includes(id) && state !== 'active')),
    )
    .map(({ id, state, detail }) => `${id} is ${state} (${detail})`);
}

async function holdFaults({ files }: Host, root: string): Promise<string[]> {
  const faults: string[] = [];
  for (const hold of dcpHolds) {
    const path = join(root, hold);
    if (await files.exists(path)) faults.push(`DCP does not start: ${(await files.readText(path)).trim()}`);
  }
  return faults;
}

async function ownCheck(host: Host, root: string, config: Config, check: string): Promise<string[]> {
  if (/^https?:\/\//.test(check)) {
    await host.http.get(check, { limit: 1_000_000, timeoutMs: urlMilliseconds, retries: 0 });
    return [];
  }
  const context = applyContext(host, root, 'runtime', config, () => {}, []);
  const { failure, output } = await runCommand(context, ['/bin/sh', '-c', check], commandSeconds);
  if (failure === undefined) return [];
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  return [`"${check}" failed: ${failure}${last === '' ? '' : `: ${last}`}`];
}
