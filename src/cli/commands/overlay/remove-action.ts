/** Runs `opsctl overlay remove`. */
import { dirname } from 'node:path';
import { refused, usage } from '../../../errors.ts';
import { within } from '../../../formats/bytes.ts';
import { openExt4 } from '../../../formats/filesystems/ext4-reader.ts';
import { withLock } from '../../../host/lock.ts';
import type { Host } from '../../../host/ports.ts';
import { makeWorkFolder } from '../../../host/work-folder.ts';
import { requireRoot } from '../../../install/check/check.ts';
import { requirePrograms } from '../../../install/check/programs.ts';
import { oneInstallation } from '../../../install/leftovers.ts';
import { installOutcome } from '../../../install/outcome.ts';
import { openTarget } from '../../../install/overlay/image-file.ts';
import { lookAtFolder, lookAtImage } from '../../../install/overlay/look.ts';
import type { ImageOutput } from '../../../install/overlay/plan.ts';
import { findWayBack, isRunning, planRemoval, runningRoot } from '../../../install/overlay/remove.ts';
import { ext4View, folderView } from '../../../install/overlay/root-view.ts';
import { rolesOf } from '../../../install/roles.ts';
import { withState, withTemporary } from '../../../operation/outcome.ts';
import { execute } from '../../../plan/execute.ts';
import type { Plan } from '../../../plan/plan.ts';
import { stamper } from '../../../plan/stamper.ts';
import { handlers, type Step } from '../../../steps/index.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { planText } from '../../render/plan-text.ts';
import { shown } from '../../render/shown.ts';
import { askAtTerminal, WentBack } from '../../terminal/ask.ts';
import { showPlan } from '../install/show-plan.ts';

export const removeOverlay: CommandAction = async (context, args, options) => {
  const { host } = context;
  const [given] = args;
  const output = typeof options.output === 'string' ? options.output : undefined;
  const work = await makeWorkFolder(host, 'image', output === undefined ? undefined : dirname(output));
  const temporary = {
    what: work,
    remove: () => host.files.remove(work),
    cleanupFailed: 'The old system starts again; remove that folder by hand.',
  };
  return withTemporary(temporary, () =>
    removeIn(context, { given: typeof given === 'string' ? given : undefined, output, work }, options),
  );
};

interface Asked {
  readonly given: string | undefined;
  readonly output: string | undefined;
  readonly work: string;
}

async function removeIn(context: CommandContext, asked: Asked, options: OptionValues): Promise<number> {
  const json = options.json === true;
  const { host, terminal } = context;
  const plan = await lookAndPlan(host, asked).catch((error: unknown) => {
    throw withState(error);
  });
  if (options.dryRun === true) {
    const emit = json ? (event: unknown) => terminal.out(`${JSON.stringify(event)}\n`) : undefined;
    showPlan(context, { plan }, emit);
    return tell(context, `Dry run: nothing was touched on ${plan.target}.`, asked, json);
  }
  if (options.silent !== true) await consent(context, plan, json);
  await run(context, plan, json);
  return tell(context, `The old system of ${plan.target} starts again.`, asked, json);
}

/** Throws OpsError (usage) `overlay-root`, and what looking throws. */
async function lookAndPlan(host: Host, { given, output, work }: Asked): Promise<Plan<Step>> {
  const running = given === undefined;
  if (running && !(await isRunning(host)))
    throw usage('overlay-root', 'This system was not laid over that of a board', {
      hint: 'Name the folder where the root of a board is mounted, or an image.',
    });
  const overlay = given ?? runningRoot;
  const opened = await openTarget(host, { overlay, output }, work);
  const plan =
    opened.kind === 'folder'
      ? await forFolder(host, opened.path, running)
      : await forImage(host, overlay, opened.output);
  await requirePrograms(host, plan.steps);
  return plan;
}

async function forFolder(host: Host, path: string, running: boolean): Promise<Plan<Step>> {
  requireRoot(host);
  const facts = await lookAtFolder(host, path, {});
  const back = await findWayBack(folderView(host, path), facts);
  // Of a board that has started its old system the folder / is the root, where nothing of ours runs.
  return planRemoval(facts, path === '/' ? '/.' : path, back, { keepSystem: running });
}

async function forImage(host: Host, path: string, image: ImageOutput): Promise<Plan<Step>> {
  const disk = await host.files.open(image.from, 'r');
  try {
    const facts = await lookAtImage(disk, path, {});
    if (facts.target.kind !== 'image') throw new Error('an image is not a folder');
    const view = ext4View(await openExt4(within(disk, facts.target.offset, facts.target.size)));
    return planRemoval(facts, '', await findWayBack(view, facts), { keepSystem: true, image });
  } finally {
    await disk.close();
  }
}

async function consent({ terminal, signal }: CommandContext, plan: Plan<Step>, json: boolean): Promise<void> {
  if (!terminal.stdinIsTty || json)
    throw refused('consent-missing', 'Cannot ask for consent: stdin is not a terminal, or --json was given', {
      hint: 'To do it without questions, add --silent. Nothing was touched.',
    });
  terminal.err(`${planText(plan, handlers, terminal.columns)}\n`);
  const agreed = await askAtTerminal(signal)
    .confirm({ message: `Let the old system of ${plan.target} start again?` })
    .catch((error: unknown) => {
      if (error instanceof WentBack) return false;
      throw error;
    });
  if (!agreed) throw refused('declined', 'Not changed: nothing was touched.');
}

async function run({ host, terminal, signal, verbose }: CommandContext, plan: Plan<Step>, json: boolean) {
  await shown({ host, terminal }, { json, verbose }, async (emit) => {
    await host.files.makeDir(dirname(oneInstallation.path));
    await withLock(host, oneInstallation, () =>
      execute(plan, handlers, {
        ...{ host, emit, outcome: installOutcome, roleOf: rolesOf(plan), names: {} },
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  });
}

function tell({ host, terminal }: CommandContext, message: string, { given }: Asked, json: boolean): number {
  const hint =
    given === undefined
      ? 'Restart to start it; it can remove /bos then: `sudo rm -r /bos`.'
      : 'What Bhojpur OS has kept stays in /bos.';
  if (json) {
    const emit = stamper((event) => terminal.out(`${JSON.stringify(event)}\n`), host.clock.now);
    emit({ type: 'result', ok: true, exitCode: 0, message, hint });
  } else terminal.out(`${message}\n${hint}\n`);
  return 0;
}
