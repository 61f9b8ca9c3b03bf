/**
 * bos.server_url, bos.token, bos.labels, bos.dcp_args, bos.taints: how the service dcp.service is started. With none
 * of them DCP runs as a single server. A drop-in of the unit holds the arguments; a file that only root can read
 * holds the token.
 *
 * DCP starts with the other services, not after the runtime phase: run_cmd may use kubectl, and may restart DCP,
 * which would wait for itself. While it is not settled what this machine is to be, a file that the unit has as a
 * condition holds DCP back; the runtime phase takes it away and starts DCP, before run_cmd.
 */
import { dirname } from 'node:path';
import { type BootFacts, readBootFacts } from '../../../boot/boot-facts.ts';
import { formatPlace } from '../../../config/diagnostics.ts';
import { findKey } from '../../../config/keys/keys.ts';
import { localConfigFolder } from '../../../config/sources/sources.ts';
import { messageWithDetails } from '../../../errors.ts';
import type { Files } from '../../../host/ports.ts';
import type { ApplyContext } from '../applier.ts';
import { jointApplier, throwAll } from '../applier.ts';
import { dcpArguments, renderDcpDropIn, renderDcpEnvironment } from './service.ts';

const dropInPath = '/etc/systemd/system/dcp.service.d/bos.conf';
const environmentPath = '/etc/bhojpur/dcp/dcp.env';
/** A condition in os/overlay/usr/lib/systemd/system/dcp.service; its text says to people why. */
export const dcpHoldPath = '/run/bos/dcp-hold';

const keys = ['bos.server_url', 'bos.token', 'bos.labels', 'bos.dcp_args', 'bos.taints'] as const;

export const dcpApplier = jointApplier({
  name: 'dcp',
  keys,
  always: true,
  run: async (context) => {
    const { host, phase, config, path } = context;
    const boot = await readBootFacts(host, path('/'));
    if (boot.dcp === '' || !(await host.files.exists(path(`/bos/system/dcp/${boot.dcp}/dcp`)))) {
      const set = keys.filter((key) => config[key] !== undefined);
      // Once is enough; by then the log and the network are there.
      if (phase !== 'runtime' || set.length === 0) return;
      const message = `this image was built without Bhojpur DCP, so these have no effect: ${set.join(', ')}`;
      // What a node would only have registered with is no reason for a failed boot.
      if (set.every((key) => findKey(key)?.decides === 'registration')) return context.warn?.(message);
      throw new Error(message);
    }
    if (await isInstaller(context, boot)) {
      if (phase === 'boot') await hold(context, 'The installer runs. The installed system will start DCP.');
    } else if (phase === 'boot') {
      await prepare(context, boot);
    } else {
      await settle(context, boot);
    }
  },
});

/**
 * The keys of an installer's command line are for the system that it installs: a node that joined from here would
 * take its name in the cluster away from it. A local configuration, though, was made in this very system.
 */
const isInstaller = async ({ host, path }: ApplyContext, { mode }: BootFacts): Promise<boolean> =>
  mode === 'install' && !(await host.files.exists(path(`${localConfigFolder}/config.yaml`)));

/**
 * Why nobody can know what this machine is to be, if so: a source that cannot be read, or a faulty key, may have
 * said that it joins a cluster, and a server with a cluster of its own would be made in its place.
 */
function notSettled({ unsettled = [] }: ApplyContext): string | undefined {
  const [fault] = unsettled;
  if (fault === undefined) return undefined;
  const { place, key, message } = fault;
  const what = key === undefined ? '' : ` (${key}: ${message})`;
  return `${formatPlace(place)} is faulty${what}, and may decide what this node is to be`;
}

/** Before systemd runs. A fault must not turn an agent into a server with a cluster of its own. */
async function prepare(context: ApplyContext, boot: BootFacts): Promise<void> {
  const { faults } = await writeService(context, boot).catch(async (error: unknown) => {
    await hold(context, messageWithDetails(error));
    throw error;
  });
  const reason = notSettled(context);
  if (reason !== undefined) await hold(context, `DCP is not started: ${reason}`);
  else if ((context.config['bos.data_sources'] ?? []).length > 0)
    await hold(context, 'The user data of a cloud may set the role of DCP: the runtime phase starts it.');
  else await context.host.files.remove(context.path(dcpHoldPath));
  throwAll(faults);
}

/** A DCP that runs is restarted only for something new, and keeps running as it is when that is faulty. */
async function settle(context: ApplyContext, boot: BootFacts): Promise<void> {
  const { host, path } = context;
  const held = await host.files.exists(path(dcpHoldPath));
  const reason = notSettled(context);
  if (reason !== undefined) throw new Error(`DCP is ${held ? 'not started' : 'left as it is'}: ${reason}`);
  const { changed, faults } = await writeService(context, boot);
  if (held) await host.files.remove(path(dcpHoldPath));
  if (held || changed) {
    if (changed) await host.processes.run('systemctl', ['daemon-reload']);
    // Not waited for: DCP may itself be waiting for the network or for what starts after this phase.
    await host.processes.run('systemctl', ['--no-block', 'restart', 'dcp.service']);
  }
  throwAll(faults);
}

async function writeService({ host, config, path }: ApplyContext, boot: BootFacts) {
  const { args, faults } = dcpArguments(config, boot);
  const dropIn = renderDcpDropIn(args, boot.dcp);
  const environment = renderDcpEnvironment(config);
  const written = [
    await writeChanged(host.files, path(environmentPath), environment, 0o600),
    await writeChanged(host.files, path(dropInPath), dropIn, 0o644),
  ];
  return { changed: written.includes(true), faults };
}

/** Says whether the file was another one before. */
async function writeChanged(files: Files, path: string, text: string, mode: number): Promise<boolean> {
  const stat = await files.stat(path);
  if (stat?.type === 'file' && stat.mode === mode && (await files.readText(path)) === text) return false;
  await files.makeDir(dirname(path), 0o755);
  await files.writeAtomic(path, text, { mode });
  return true;
}

async function hold({ host, path }: ApplyContext, reason: string): Promise<void> {
  await host.files.makeDir(dirname(path(dcpHoldPath)), 0o755);
  await host.files.write(path(dcpHoldPath), `${reason}\n`);
}
