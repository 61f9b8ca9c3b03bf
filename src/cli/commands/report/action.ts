/** Runs `opsctl report`. */
import { hasCordonRecord } from '../../../kubernetes/node/cordon-record.ts';
import type { Kubelet } from '../../../kubernetes/node/kubelet.ts';
import { report } from '../../../kubernetes/report/report.ts';
import { writeWatchFiles } from '../../../kubernetes/report/watch-files.ts';
import { readPatchRecord } from '../../../patch/record.ts';
import { isWithdrawn, patchAnnotation, requestedPatch } from '../../../patch/request.ts';
import { patchUnit, requestTrigger, uncordonUnit } from '../../../runtime/patch-timers.ts';
import type { CommandAction, CommandContext } from '../../command.ts';
import { rootOf } from '../upgrade/action.ts';

export const reportNode: CommandAction = async (context, _args, options) => {
  const { host, terminal, signal } = context;
  const root = rootOf(options.destination);
  const say = (line: string) => terminal.err(`bos: ${line}\n`);
  const seen = async (annotations: Readonly<Record<string, string>>, kubelet: Kubelet) => {
    await writeWatchFiles(host.files, root, kubelet);
    // A patch that was killed has left it. The unit waits for one that runs.
    if (await hasCordonRecord(host.files, root)) await start(context, uncordonUnit);
    await startPatch(context, annotations, say);
  };
  await report(host, root, { signal, say, ...(root === '/' ? { seen } : {}) });
  return 0;
};

/** Somebody asks for a patch by an annotation: the unit of patches does it, which looks at it again. */
async function startPatch(
  context: CommandContext,
  annotations: Readonly<Record<string, string>>,
  say: (line: string) => void,
): Promise<void> {
  const { host } = context;
  const record = await readPatchRecord(host.files);
  const asked = requestedPatch(annotations, record, host.clock.now());
  const forgets = isWithdrawn(annotations, record);
  if (asked.kind === 'invalid')
    say(
      `the annotation ${patchAnnotation} asks for nothing that is understood: expected now, or a time such as 2026-12-01T03:30:00Z, found "${asked.value}"`,
    );
  if (asked.kind !== 'due' && !forgets) return;
  if (asked.kind === 'due') say('the cluster asks for a patch: see journalctl -u "bos-patch*"');
  await start(context, patchUnit(requestTrigger));
}

async function start({ host }: CommandContext, unit: string): Promise<void> {
  await host.processes.run('systemctl', ['start', '--no-block', unit]);
}
