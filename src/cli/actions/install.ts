/** Runs `opsctl install`: what was asked, what is there, then the installation, shown as it goes. */
import { parseCommandLine } from '../../config/command-line.ts';
import { requireValid } from '../../config/diagnostics.ts';
import { merge } from '../../config/merge.ts';
import { probeBootRecord, systemOf } from '../../disk/machine.ts';
import { probeMachine } from '../../disk/probe.ts';
import type { Host } from '../../host/ports.ts';
import { refuseBootDevice, requireLive, requireRoot } from '../../install/check.ts';
import { logged } from '../../install/log.ts';
import { withNetwork } from '../../install/network.ts';
import { type InstallRequest, installFlagsSchema, requestOf } from '../../install/request.ts';
import { finish, type InstallResult, type Prepared, install as runInstall } from '../../install/run.ts';
import { stamper } from '../../plan/events.ts';
import { handlerOf } from '../../plan/plan.ts';
import { handlers } from '../../steps/index.ts';
import type { CommandAction, CommandContext, OptionValues } from '../command.ts';
import { planText } from '../plan-text.ts';
import { type Renderer, renderer, rendererKind } from '../render/index.ts';

export const install: CommandAction = async (context, [device, isoUrl], options) => {
  const { host, terminal, signal } = context;
  const asked = await readRequest(host, { device: text(device), isoUrl: text(isoUrl) }, options);
  const boot = await probeBootRecord(host, { root: '' });
  requireLive(systemOf(boot));
  requireRoot(host);
  // A CD is no disk to install to; that it is the medium says more.
  if (asked.device !== undefined) await refuseBootDevice(host, asked.device);

  const json = options.json === true;
  const interactive = terminal.stdinIsTty && !asked.silent && !asked.dryRun && !json;
  const conversation = interactive ? await startConversation(context) : undefined;
  if (conversation !== undefined) {
    const { prompts, ask } = conversation;
    terminal.err(prompts.introduction);
    if ((await prompts.askForTask(ask, asked, boot?.dcp ?? '')) === 'configure') {
      const { configureLive } = await import('./configure-live.ts');
      return configureLive(context, ask);
    }
  }
  const facts = await probeMachine(host);
  const request =
    (await conversation?.prompts.completeRequest(
      await withNetwork(host, asked),
      conversation.ask,
      asked,
      facts,
      (line) => terminal.err(`${line}\n`),
    )) ?? asked;

  const verbose = context.verbose || request.debug;
  const log = (line: string) => terminal.err(`${line}\n`);
  const machine = verbose ? logged(host, log) : host;
  // Made when the first event comes: until then the terminal belongs to the prompts.
  let view: Renderer | undefined;
  const emit: Renderer['emit'] = (event) => {
    view ??= renderer(rendererKind(terminal, host.system.env, { json, verbose }), terminal);
    view.emit(event);
  };
  let result: InstallResult;
  try {
    result = await runInstall(machine, request, facts, {
      emit,
      signal,
      say: log,
      ...(verbose ? { log } : {}),
      ...(conversation === undefined
        ? {}
        : { confirm: (prepared) => conversation.prompts.confirmPlan(conversation.ask, prepared, terminal) }),
      onDryRun: (prepared) => showPlan(context, prepared, json ? emit : undefined),
    });
  } finally {
    // Before anything else is written: an error, a question.
    await view?.end();
  }
  tell(context, result, json);
  const restart =
    result.after === 'stay' && (await conversation?.prompts.askToRestart(conversation.ask)) === true;
  await finish(host, restart ? 'reboot' : result.after);
  return 0;
};

/** Loaded only when there is somebody to talk to. */
async function startConversation({ signal }: CommandContext) {
  const [prompts, { askAtTerminal }] = await Promise.all([
    import('../install-prompts.ts'),
    import('../ask.ts'),
  ]);
  return { prompts, ask: askAtTerminal(signal) };
}

/** Flags and kernel command line; faults in either are told before anything is looked at. */
async function readRequest(
  host: Host,
  args: { readonly device: string | undefined; readonly isoUrl: string | undefined },
  options: OptionValues,
): Promise<InstallRequest> {
  const parsed = parseCommandLine(await host.files.readText('/proc/cmdline'));
  requireValid(parsed.diagnostics);
  // Commander reads --no-format as "format is off".
  const flags = installFlagsSchema.parse({ ...options, noFormat: options.format === false });
  return requestOf(args, flags, merge([parsed.layer]).config);
}

function showPlan(context: CommandContext, { plan }: Prepared, emit: Renderer['emit'] | undefined): void {
  if (emit === undefined) {
    context.terminal.out(planText(plan, handlers, context.terminal.columns));
    return;
  }
  const steps = plan.steps.map((step) => {
    const { describe, destructive } = handlerOf(handlers, step);
    return { id: step.id, kind: step.kind, title: describe(step), destructive };
  });
  stamper(emit, context.host.clock.now)({ type: 'plan', operation: plan.operation, steps });
}

/** How it ended and what comes next: the result, so on stdout. */
function tell({ host, terminal }: CommandContext, result: InstallResult, json: boolean): void {
  if (json) {
    const emit = stamper((event) => terminal.out(`${JSON.stringify(event)}\n`), host.clock.now);
    emit({ type: 'result', ok: true, exitCode: 0, message: result.message, hint: nextOf(result) });
  } else {
    terminal.out(`${result.message}\n${nextOf(result)}\n`);
  }
}

function nextOf({ installed, after }: InstallResult): string {
  if (!installed) return 'Run the same command without --dry-run to install.';
  if (after === 'reboot') return 'The machine restarts now.';
  if (after === 'power-off') return 'The machine switches itself off now.';
  return 'Take the medium out and restart: sudo systemctl reboot';
}

const text = (argument: string | readonly string[] | undefined) =>
  typeof argument === 'string' ? argument : undefined;
