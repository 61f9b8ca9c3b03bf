/**
 * bos.network. What connman can do is a provisioning file of its; what it cannot is a plan for bos-network.service, which
 * runs before connman and tells it which interfaces to leave alone, and bos-dhcp.service, which follows it. Without the key none of these files is there.
 *
 * In the boot phase systemd reads them later; at runtime both units are restarted when something has changed.
 */
import { type Interface, isMade, ours } from '../../../../config/checks/network/model.ts';
import { askFile } from '../../../data-sources/early/ask-file.ts';
import type { ApplyContext } from '../../applier.ts';
import { jointApplier } from '../../applier.ts';
import { absentOf, soughtBy } from './absent-cards.ts';
import { asksBeside, leadsOut, networkPlan, ownNameservers } from './plan.ts';
import { connmanServices } from './services.ts';

export const planFile = '/run/bos/network/plan';
/** The plan that the unit has followed. */
export const appliedFile = '/run/bos/network/applied';
export const ownNameserversFile = '/run/bos/resolv-own.conf';
/** /var stays from boot to boot: this one goes when the key does. */
export const servicesFile = '/var/lib/connman/bos-network.config';
/** systemd takes drop-ins by name: the image's, bos.conf, has an ExecStart, too, and must come before. */
export const connmanDropIn = '/etc/systemd/system/connman.service.d/network.conf';
export const runtimeDropIn = '/etc/systemd/system/bos-config.service.d/network.conf';

/** `isUnknown`: the units ask the cloud before they know whether there is anything for bos-network. */
const connmanText = (isUnknown: boolean, asks: boolean) => `# Of bos.network
[Unit]
Wants=${isUnknown ? 'bos-metadata.service ' : ''}bos-network.service${isUnknown || asks ? ' bos-dhcp.service' : ''}
After=bos-network.service

[Service]
EnvironmentFile=-/run/bos/network/connman
ExecStart=
ExecStart=/usr/sbin/connmand -n --nodnsproxy $CONNMAN_OPTIONS
`;
/** What leads out is not connman's, who would be waited for in vain. */
const runtimeText = `# Of bos.network
[Unit]
After=bos-network.service

[Service]
ExecStartPre=
ExecStartPre=-/usr/lib/bhojpur/network wait
`;

export const interfacesApplier = jointApplier({
  name: 'bos.network',
  keys: ['bos.network'],
  always: true,
  run: async (context) => {
    const all: readonly Interface[] = context.config['bos.network'] ?? [];
    const plan = networkPlan(all);
    if (context.phase === 'runtime') await lookForCards(context, all, plan);
    const before = await present(context, planFile);
    // The last of the unit's takes back what it has set up.
    const isOurs = plan !== '' || (before !== undefined && context.phase === 'runtime');
    const isUnknown = await context.host.files.exists(context.path(askFile));
    const asks = asksBeside(plan);
    const changes = [
      await write(context, servicesFile, connmanServices(all), 0o600),
      await write(context, ownNameserversFile, ownNameservers(all)),
      await write(context, runtimeDropIn, leadsOut(plan) ? runtimeText : ''),
      await write(context, connmanDropIn, isOurs || isUnknown ? connmanText(isUnknown, asks) : ''),
      before === plan || (before === undefined && !isOurs) ? false : await writePlan(context, plan),
    ];
    if (context.phase !== 'runtime') return;
    // Written by a boot phase that was run by hand, too.
    const isBehind = isOurs && (await present(context, appliedFile)) !== plan;
    if (isBehind || changes.includes(true)) await restart(context, isOurs, asks);
  },
});

/**
 * Says what is not there; what the unit sets up it says itself. By now nothing has to be waited for. Throws when a change
 * would leave the machine without any of its fixed addresses: what runs stays.
 */
async function lookForCards(context: ApplyContext, all: readonly Interface[], plan: string): Promise<void> {
  const absent = await absentOf(context, all);
  if (absent.length === 0) return;
  const fixed = all.filter(({ addresses = [] }) => addresses.length > 0);
  const isChange =
    (await present(context, servicesFile)) !== (connmanServices(all) || undefined) ||
    ((await present(context, planFile)) ?? '') !== plan;
  const hint = '`ip -br link` lists those that are there';
  if (isChange && fixed.length > 0 && fixed.every((one) => absent.includes(one))) {
    const names = fixed.map(({ name }) => name).join(', ');
    throw new Error(
      `the network stays as it is: this machine has no interface for ${names}, and no other one of the list has a fixed address; ${hint}`,
    );
  }
  const told = new Set(ours(all));
  for (const one of absent)
    if (!told.has(one) && !isMade(one))
      context.warn?.(`${one.name}: no interface with ${soughtBy(one)} was found; ${hint}`);
}

const present = async ({ host, path }: ApplyContext, file: string): Promise<string | undefined> =>
  (await host.files.exists(path(file))) ? host.files.readText(path(file)) : undefined;

async function writePlan({ host, path }: ApplyContext, plan: string): Promise<boolean> {
  await host.files.makeDir(path('/run/bos/network'), 0o755);
  await host.files.writeAtomic(path(planFile), plan);
  return true;
}

/** Returns whether the file has changed. With an empty text it is removed. */
async function write(context: ApplyContext, name: string, text: string, mode = 0o644): Promise<boolean> {
  const { host, path } = context;
  const file = path(name);
  const stat = await host.files.stat(file);
  if (text === '') {
    if (stat !== undefined) await host.files.remove(file);
    return stat !== undefined;
  }
  if (stat?.type === 'file' && stat.mode === mode && (await host.files.readText(file)) === text) return false;
  await host.files.makeDir(path(name.replace(/\/[^/]*$/, '')), 0o755);
  await host.files.writeAtomic(file, text, { mode });
  return true;
}

/** connman stops before the interfaces change hands, and starts when they have. */
async function restart({ host, path, log }: ApplyContext, isOurs: boolean, asks: boolean): Promise<void> {
  log?.('interfaces have changed: bos-network and connman are restarted');
  const units = [...(isOurs ? ['bos-network.service'] : []), 'connman.service'];
  await host.processes.run('systemctl', ['daemon-reload'], { timeoutMs: 30_000 });
  await host.processes.run('systemctl', ['restart', ...units], { timeoutMs: 60_000 });
  if (asks || (await host.files.exists(path(ownNameserversFile))))
    await host.processes.run('systemctl', ['restart', 'bos-resolv.path', 'bos-resolv.service'], {
      timeoutMs: 30_000,
    });
}
