/** Shows an upgrade or a rollback as it goes, and restarts the node when that was asked for. */
import { join } from 'node:path';
import { messageOf } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { stamper } from '../../../plan/stamper.ts';
import { inNode } from '../../../upgrade/in-node.ts';
import type { UpgradeRequest } from '../../../upgrade/request.ts';
import type { UpgradeOptions, UpgradeResult } from '../../../upgrade/run.ts';
import type { CommandContext, OptionValues } from '../../command.ts';
import { shown } from '../../render/shown.ts';
import { showPlan } from '../install/show-plan.ts';

/** Watched by os/overlay/usr/lib/systemd/system/bos-report.path. */
export const reportPath = '/run/bos/report';

interface NodeRequest {
  readonly root: string;
  readonly dryRun: boolean;
  /** `stage`: what starts next stays as it is. */
  readonly mode?: UpgradeRequest['mode'];
}

export async function runOnNode(
  context: CommandContext,
  options: OptionValues,
  request: NodeRequest,
  work: (options: UpgradeOptions) => Promise<UpgradeResult>,
): Promise<number> {
  const { host, terminal } = context;
  const json = options.json === true;
  const out = stamper((event) => terminal.out(`${JSON.stringify(event)}\n`), host.clock.now);
  const done = await shownOnNode(context, options, work);
  if (!request.dryRun && request.root !== '/')
    await tellCluster(host, request.root, (line) => terminal.err(`${line}\n`));
  const reboots = options.reboot === true && !request.dryRun && (done.changed || done.waits);
  const next =
    done.changed && !reboots && request.mode !== 'stage'
      ? ' Restart the node when it suits: sudo reboot.'
      : '';
  if (json) out({ type: 'result', ok: true, exitCode: 0, message: done.message });
  else terminal.out(`${done.message}${next}\n`);
  if (reboots) await restart(context, request.root);
  return 0;
}

/** bos-report.path of the node sees it: a job may have found the node upgraded already, which no record tells. */
export async function tellCluster(host: Host, root: string, say: (line: string) => void): Promise<void> {
  const path = join(root, reportPath);
  // The upgrade does not depend on it, and the node reports by itself from time to time.
  await host.files
    .write(path, `${host.clock.now()}\n`)
    .catch((error: unknown) => say(`${path} cannot be written: ${messageOf(error)}`));
}

/** Shows one change of the node as it goes. */
export async function shownOnNode(
  context: CommandContext,
  options: OptionValues,
  work: (options: UpgradeOptions) => Promise<UpgradeResult>,
): Promise<UpgradeResult> {
  const { host, terminal, signal, verbose } = context;
  const json = options.json === true;
  return shown({ host, terminal }, { json, verbose }, (emit) =>
    work({
      ...{ emit, signal },
      say: (line) => terminal.err(`${line}\n`),
      onDryRun: (plan) => showPlan(context, { plan }, json ? emit : undefined),
    }),
  );
}

/** In a container it is the node that restarts: systemd listens on a socket below its /run. */
export async function restart({ host }: CommandContext, root: string): Promise<void> {
  await inNode(host, root).processes.run('systemctl', ['reboot']);
}
