/** Runs `opsctl install --takeover` over the Linux that runs, and what finishes it in the system that it started. */
import { readBootFacts } from '../../../boot/boot-facts.ts';
import type { Confirmation } from '../../../boot/menus/takeover-marker.ts';
import { parseCommandLine } from '../../../config/command-line/command-line.ts';
import { requireValid } from '../../../config/diagnostics.ts';
import { merge } from '../../../config/sources/merge.ts';
import { refused } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import type { FetchOptions } from '../../../install/check/fetch-config.ts';
import {
  type InstallRequest,
  installFlagsSchema,
  meantForUs,
  requestOf,
  withWarnings,
} from '../../../install/request.ts';
import { type ApprovedPlan, finish as finishMachine, runJournaled } from '../../../install/run.ts';
import { gatherCarried } from '../../../install/takeover/carry/carried.ts';
import { type CarryKind, carriedKinds } from '../../../install/takeover/carry/kinds.ts';
import { type ConfirmationFlags, confirmationOf, keptWords } from '../../../install/takeover/confirmation.ts';
import { prepareTakeover } from '../../../install/takeover/prepare.ts';
import { probeTakeover } from '../../../install/takeover/probe.ts';
import { placeOf, probeReplace } from '../../../install/takeover/replace/facts.ts';
import { prepareReplace } from '../../../install/takeover/replace/prepare.ts';
import { withNetwork } from '../../../operation/network.ts';
import { withState } from '../../../operation/outcome.ts';
import { logged } from '../../../operation/programs.ts';
import { stamper } from '../../../plan/stamper.ts';
import { finishTakeover } from '../../../runtime/takeover/finish.ts';
import { handlers } from '../../../steps/index.ts';
import type { CommandContext, OptionValues } from '../../command.ts';
import { planText } from '../../render/plan-text.ts';
import { shown } from '../../render/shown.ts';
import { askAtTerminal, WentBack } from '../../terminal/ask.ts';
import { withMediumConsent } from './questions/medium-consent.ts';
import { showPlan } from './show-plan.ts';
import { warningText } from './warnings.ts';

export async function takeOver(
  context: CommandContext,
  args: readonly (string | undefined)[],
  options: OptionValues,
): Promise<number> {
  const { host, terminal, signal } = context;
  const json = options.json === true;
  const request = await withMediumConsent(context, await readRequest(context, args, options), json);
  const verbose = context.verbose || request.debug;
  const log = (line: string) => terminal.err(`${line}\n`);
  const machine = verbose ? logged(host, log) : host;
  const confirm = confirmationOf(confirmFlagsOf(options), request.after === 'power-off');
  const replaces = options.replace === true;
  const kinds = carriedKinds(options.carry, request.after === 'power-off');
  const way = { confirm, replaces, kinds };
  const { facts, agreed } = await lookAndPlan(machine, request, way, { say: log, signal });
  if (!request.dryRun && !request.silent) await consent(context, agreed, way, json);

  await shown({ host, terminal }, { json, verbose }, async (emit) => {
    await runJournaled(
      machine,
      request,
      facts,
      {
        ...{ emit, signal, say: log, agreed },
        ...(verbose ? { log } : {}),
        onDryRun: (found) => showPlan(context, found, json ? emit : undefined),
      },
      async () => agreed,
    );
  });
  const restart = !request.dryRun && options.reboot === true;
  tell(context, { ...request, confirm, replaces }, agreed, restart, json);
  if (restart) await finishMachine(host, 'reboot');
  return 0;
}

const confirmFlagsOf = ({ confirm, confirmUrl, trial }: OptionValues): ConfirmationFlags => {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return { confirm: text(confirm), confirmUrl: text(confirmUrl), trial: text(trial) };
};

/** Whatever is refused here says that nothing was touched. */
async function lookAndPlan(
  host: Host,
  request: InstallRequest,
  { confirm, replaces, kinds }: Way & { readonly kinds: ReadonlySet<CarryKind> },
  options: FetchOptions,
) {
  try {
    const facts = await probeTakeover(host);
    const network = await withNetwork(host, request);
    // A system that is refused is not asked for more.
    const carried = facts.system === 'other' ? await gatherCarried(host, kinds) : undefined;
    const all = { ...options, confirm, carried };
    if (!replaces) return { facts, agreed: await prepareTakeover(network, request, facts, all) };
    const [grub] = facts.grub;
    const more = grub && (await probeReplace(host, '', placeOf(grub, facts.root)));
    return { facts, agreed: await prepareReplace(network, request, { facts, more }, all) };
  } catch (error) {
    throw withState(error);
  }
}

/** Flags and kernel command line; DEVICE may be left out, and then the ISO is the first argument. */
async function readRequest(
  { host }: CommandContext,
  [first, second]: readonly (string | undefined)[],
  options: OptionValues,
): Promise<InstallRequest> {
  const flags = installFlagsSchema.parse(options);
  const parsed = parseCommandLine(await host.files.readText('/proc/cmdline'));
  const diagnostics = meantForUs(parsed.diagnostics, false);
  requireValid(diagnostics);
  // The devices of a takeover are that of the root; what stands on the command line is not about it.
  const { layer } = parsed;
  const device =
    first !== undefined && (second !== undefined || first.startsWith('/dev/')) ? first : undefined;
  const isoUrl = second ?? (device === undefined ? first : undefined);
  return withWarnings(requestOf({ device, isoUrl }, flags, merge([layer]).config), diagnostics, layer);
}

interface Way {
  readonly confirm: Confirmation | undefined;
  /** The whole disk, from memory. */
  readonly replaces: boolean;
}

/** All of the root file system, or of the disk, is lost in the end: somebody says yes to that, or has said `--silent`. */
async function consent(
  context: CommandContext,
  { plan, checked }: ApprovedPlan,
  { confirm, replaces }: Way,
  json: boolean,
): Promise<void> {
  const { terminal, signal } = context;
  const lost = replaces ? `erase ${plan.target}` : 'delete everything on the root file system';
  if (!terminal.stdinIsTty || json)
    throw refused('consent-missing', `Cannot ask for consent to ${lost}`, {
      hint: 'To take over without questions, add --silent. Nothing was touched.',
    });
  terminal.err(`${planText(plan, handlers, terminal.columns)}\n`);
  const warnings = warningText(checked.config.warnings, terminal.columns);
  if (warnings !== '') terminal.err(`${warnings}\n`);
  const agreed = await askAtTerminal(signal)
    .confirm({
      message: replaces
        ? `Replace this system? All of ${plan.target} is ERASED once the new system ${keptWords(confirm)}.`
        : `Take over this system? Everything but Bhojpur OS is deleted once the new system ${keptWords(confirm)}.`,
    })
    .catch((error: unknown) => {
      if (error instanceof WentBack) return false;
      throw error;
    });
  if (!agreed) throw refused('declined', 'Not installed: nothing was touched.');
}

function tell(
  { host, terminal }: CommandContext,
  { dryRun, after, confirm, replaces }: InstallRequest & Way,
  { plan, checked }: ApprovedPlan,
  restart: boolean,
  json: boolean,
): void {
  const message = dryRun
    ? `Dry run: nothing was touched on ${plan.target}.`
    : replaces
      ? `Bhojpur OS ${checked.manifest.os} is ready to be tried from memory.`
      : `Bhojpur OS ${checked.manifest.os} is installed beside the system on ${plan.target}.`;
  const does = replaces ? `erases ${plan.target} and installs itself there` : 'deletes the old system';
  const then = after === 'power-off' ? 'powers off' : 'restarts';
  const hint = dryRun
    ? 'Run the same command without --dry-run to install.'
    : `${restart ? 'The machine restarts now' : 'Reboot'} to try it: once it ${keptWords(confirm)}, it ${does} and the machine ${then}. ` +
      `If ${confirm ? 'it is not confirmed, or ' : ''}it does not come up, the old system starts again by itself.`;
  if (json) {
    const emit = stamper((event) => terminal.out(`${JSON.stringify(event)}\n`), host.clock.now);
    emit({ type: 'result', ok: true, exitCode: 0, message, hint });
  } else {
    terminal.out(`${message}\n${hint}\n`);
  }
}

/** In the system that a takeover has started; what is said goes to its console. */
export async function finish(context: CommandContext): Promise<number> {
  const { host, terminal, signal } = context;
  if ((await readBootFacts(host, '/')).mode === 'live') {
    const { finishReplace } = await import('../takeover/replace-action.ts');
    return finishReplace(context);
  }
  const after = await finishTakeover(host, {
    root: '/',
    say: (line) => terminal.err(`bos: takeover: ${line}\n`),
    signal,
  });
  if (after !== undefined) await finishMachine(host, after);
  return 0;
}
