/** Runs `opsctl install --overlay`: onto the root file system of a board, mounted or in an image. */
import { dirname } from 'node:path';
import { refused } from '../../../errors.ts';
import { makeWorkFolder } from '../../../host/work-folder.ts';
import {
  type OverlayRequest,
  type PreparedOverlay,
  prepareOverlay,
} from '../../../install/overlay/prepare.ts';
import { installFlagsSchema, requestOf } from '../../../install/request.ts';
import { runJournaled } from '../../../install/run.ts';
import { withNetwork } from '../../../operation/network.ts';
import { withState, withTemporary } from '../../../operation/outcome.ts';
import { logged } from '../../../operation/programs.ts';
import { stamper } from '../../../plan/stamper.ts';
import { handlers } from '../../../steps/index.ts';
import type { CommandContext, OptionValues } from '../../command.ts';
import { planText } from '../../render/plan-text.ts';
import { shown } from '../../render/shown.ts';
import { askAtTerminal, WentBack } from '../../terminal/ask.ts';
import { showPlan } from '../install/show-plan.ts';
import { warningText } from '../install/warnings.ts';

export async function overlay(
  context: CommandContext,
  args: readonly (string | undefined)[],
  options: OptionValues,
): Promise<number> {
  const { host } = context;
  const request = readRequest(args, options);
  const work = await withPlace(async () =>
    makeWorkFolder(host, 'image', request.output === undefined ? undefined : dirname(request.output)),
  );
  const temporary = {
    what: `${work}, which holds the unpacked system,`,
    remove: () => host.files.remove(work),
    cleanupFailed: 'The overlay is done; remove that folder by hand.',
  };
  return withTemporary(temporary, () => overlayIn(context, request, work, options.json === true));
}

/** Whatever is refused before the first step says that nothing was touched. */
async function withPlace<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withState(error);
  }
}

async function overlayIn(
  context: CommandContext,
  request: OverlayRequest,
  work: string,
  json: boolean,
): Promise<number> {
  const { host, terminal, signal } = context;
  const verbose = context.verbose || request.debug;
  const log = (line: string) => terminal.err(`${line}\n`);
  const machine = verbose ? logged(host, log) : host;
  const agreed = await withPlace(async () =>
    prepareOverlay(await withNetwork(machine, request), request, work, { say: log, signal }),
  );
  for (const note of agreed.notes) log(note);
  if (!request.dryRun && !request.silent) await consent(context, agreed, json);
  await shown({ host, terminal }, { json, verbose }, async (emit) => {
    await runJournaled(
      machine,
      request,
      { system: 'other' },
      {
        ...{ emit, signal, say: log, agreed },
        ...(verbose ? { log } : {}),
        onDryRun: (found) => showPlan(context, found, json ? emit : undefined),
      },
      async () => agreed,
    );
  });
  tell(context, request, agreed, json);
  return 0;
}

/** The tarball is the only argument that is left; what the kernel command line of this machine says is about others. */
function readRequest(args: readonly (string | undefined)[], options: OptionValues): OverlayRequest {
  const flags = installFlagsSchema.parse({ ...options, noFormat: options.format === false });
  const [tarball, more] = args.filter((argument) => argument !== undefined);
  if (more !== undefined)
    throw refused('overlay-arguments', `One tarball is enough: ${more} is one argument too many`);
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    ...requestOf({}, flags, {}),
    overlay: text(options.overlay) ?? '',
    ...{
      tarball,
      output: text(options.output),
      boot: text(options.boot),
      commandLine: text(options.cmdline),
    },
  };
}

async function consent(
  { terminal, signal }: CommandContext,
  { plan, checked }: PreparedOverlay,
  json: boolean,
): Promise<void> {
  if (!terminal.stdinIsTty || json)
    throw refused('consent-missing', 'Cannot ask for consent: stdin is not a terminal, or --json was given', {
      hint: 'To do it without questions, add --silent. Nothing was touched.',
    });
  terminal.err(`${planText(plan, handlers, terminal.columns)}\n`);
  const warnings = warningText(checked.config.warnings, terminal.columns);
  if (warnings !== '') terminal.err(`${warnings}\n`);
  const agreed = await askAtTerminal(signal)
    .confirm({ message: `Put Bhojpur OS over the system of ${plan.target}? Its files stay.` })
    .catch((error: unknown) => {
      if (error instanceof WentBack) return false;
      throw error;
    });
  if (!agreed) throw refused('declined', 'Not installed: nothing was touched.');
}

function tell(
  { host, terminal }: CommandContext,
  { dryRun }: OverlayRequest,
  { plan, checked, facts }: PreparedOverlay,
  json: boolean,
): void {
  const message = dryRun
    ? `Dry run: nothing was touched on ${plan.target}.`
    : `Bhojpur OS ${checked.manifest.os} is installed over the system of ${plan.target}.`;
  const start =
    facts.target.kind === 'image'
      ? 'Write the image to a card (`opsctl image write`), and start the board from it.'
      : facts.target.path === '/'
        ? 'Reboot to start it.'
        : 'Unmount it, and start the board from it.';
  const hint = dryRun
    ? 'Run the same command without --dry-run to install.'
    : `${start} The old system comes back with bos.init=old on the kernel command line, for good with \`opsctl overlay remove\`.`;
  if (json) {
    const emit = stamper((event) => terminal.out(`${JSON.stringify(event)}\n`), host.clock.now);
    emit({ type: 'result', ok: true, exitCode: 0, message, hint });
  } else terminal.out(`${message}\n${hint}\n`);
}
