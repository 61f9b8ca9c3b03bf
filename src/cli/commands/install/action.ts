/** Runs `opsctl install`: what was asked, what is there, then the installation, shown as it goes. */
import { parseCommandLine } from '../../../config/command-line/command-line.ts';
import { requireValid } from '../../../config/diagnostics.ts';
import { merge } from '../../../config/sources/merge.ts';
import { probeBootRecord, systemOf } from '../../../disk/probe/machine.ts';
import { probeMachine } from '../../../disk/probe/probe.ts';
import { usage } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { reportInstalled } from '../../../install/carried-report.ts';
import { refuseBootDevice, requireLive, requireRoot } from '../../../install/check/check.ts';
import { leftMounted } from '../../../install/leftovers.ts';
import type { InstallKeys } from '../../../install/medium/own-keys.ts';
import { unverifiedScheme } from '../../../install/medium/trust.ts';
import { applyOwnConfiguration, hasOwnConfiguration } from '../../../install/own-configuration.ts';
import { writeInstallRecord } from '../../../install/record.ts';
import {
  type InstallFlags,
  type InstallRequest,
  identified,
  installFlagsSchema,
  meantForUs,
  requestOf,
  withWarnings,
} from '../../../install/request.ts';
import { finish, type InstallResult, install as runInstall } from '../../../install/run.ts';
import { logged } from '../../../operation/programs.ts';
import { stamper } from '../../../plan/stamper.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { shown } from '../../render/shown.ts';
import { withQuietKeys } from '../../terminal/quiet-keys.ts';
import type { InstallConversation } from './conversation.ts';
import { nextOf, nextSteps } from './next.ts';
import { ejectAtShutdown, endWithoutMedium, removableMedium } from './removal.ts';
import { showPlan } from './show-plan.ts';

export const install: CommandAction = async (context, args, options) => {
  if (options.fromCommandLine !== true) return installHere(context, args, options);
  const { unattended } = await import('./unattended.ts');
  return unattended(context, async (seen) => (await installHere(seen, args, options)) ?? 0);
};

async function installHere(
  ...[context, args, options]: Parameters<CommandAction>
): Promise<number | undefined> {
  if (options.report === true) {
    const { reportInstall } = await import('./report-action.ts');
    return reportInstall(context, args, options);
  }
  if (options.takeover === true || options.replace === true || options.finishTakeover === true) {
    const takeover = await import('./takeover-action.ts');
    return options.finishTakeover !== true
      ? takeover.takeOver(context, args.map(text), options)
      : takeover.finish(context);
  }
  if (typeof options.overlay === 'string') {
    const { overlay } = await import('../overlay/install-action.ts');
    return overlay(context, args.map(text), options);
  }
  for (const name of ['output', 'boot'])
    if (options[name] !== undefined)
      throw usage('without-overlay', `--${name} works only with --overlay`, { hint: 'Leave it out.' });
  if (Array.isArray(options.carry))
    throw usage('without-takeover', '--no-carry works only with --takeover', { hint: 'Leave it out.' });
  for (const name of ['reboot', 'confirm', 'confirmUrl', 'trial'])
    if (options[name] !== undefined) {
      const flag = name === 'confirmUrl' ? 'confirm-url' : name;
      throw usage('without-takeover', `--${flag} works only with --takeover`, { hint: 'Leave it out.' });
    }
  const [device, isoUrl] = args;
  const { host, terminal, signal } = context;
  if (typeof options.facts === 'string') {
    const { planForFacts } = await import('./facts-action.ts');
    return planForFacts(context, { device: text(device), isoUrl: text(isoUrl) }, options);
  }
  const boot = await probeBootRecord(host, { root: '' });
  const log = (line: string) => terminal.err(`${line}\n`);
  const system = systemOf(boot);
  const typed = { device: text(device), isoUrl: text(isoUrl) };
  const isLive = system === 'live';
  const given = await readRequest(host, typed, options, { say: log, isLive, line: boot?.request });
  const request = given.byMedium
    ? given
    : identified(given, options.fromCommandLine === true ? boot?.request : undefined);
  if (system !== 'other') requireLive(system);
  requireRoot(host);
  // A CD is no disk to install to; that it is the medium says more.
  if (given.device !== undefined) await refuseBootDevice(host, given.device);
  const asked =
    unverifiedScheme(request) === undefined ? request : await mediumConsent(context, request, options);

  if (system !== 'other') return installAndTell(context, asked, { options, log, dcp: boot?.dcp ?? '' });
  const { overLinux } = await import('../../../install/medium/over-linux.ts');
  return overLinux(host, asked, { say: log, signal }, ({ host: tooled, bootFolder }) =>
    installAndTell({ ...context, host: tooled }, asked, { options, log, dcp: '', bootFolder }),
  );
}

interface Circumstances {
  readonly options: OptionValues;
  readonly log: (line: string) => void;
  /** The version of DCP in this live system, empty for none. */
  readonly dcp: string;
  /** Where the parts of the boot loader lie, over another Linux. */
  readonly bootFolder?: string;
}

/** Asks what is left to ask, installs, tells what comes next. */
async function installAndTell(
  context: CommandContext,
  asked: InstallRequest,
  { options, log, dcp, bootFolder }: Circumstances,
): Promise<number> {
  const { host, terminal, signal } = context;
  const json = options.json === true;
  const verbose = context.verbose || asked.debug;
  const machine = verbose ? logged(host, log) : host;
  const boot = bootFolder === undefined ? {} : { bootFolder };
  const interactive = terminal.stdinIsTty && !asked.silent && !asked.dryRun && !json;
  await settleLeft({ ...context, host: machine }, asked, interactive);
  const conversation = interactive
    ? await startConversation({ ...context, host: machine }, { ...loopsOf(asked), ...boot })
    : undefined;
  const answers = await conversation?.hold(asked, dcp, log);
  if (answers?.task === 'configure') return answers.exitCode;
  const { request, facts, prepared } = answers ?? {
    request: asked,
    facts: await probeMachine(host, loopsOf(asked)),
  };

  const result = await shown({ host, terminal }, { json, verbose }, (emit) => {
    const work = () =>
      runInstall(machine, request, facts, {
        emit,
        ...boot,
        signal,
        say: log,
        ...(verbose ? { log } : {}),
        ...(prepared === undefined ? {} : { agreed: prepared }),
        onDryRun: (found) => showPlan(context, found, json ? emit : undefined),
      });
    return interactive ? withQuietKeys(process.stdin, interrupt, work) : work();
  });
  tell(context, result, json);
  if (result.installed) await reportInstalled(host, facts.system, log);
  if (conversation === undefined) {
    await ejectAtShutdown(host, result, log);
    await finish(host, result.after);
  } else await endOf(context, conversation, result);
  return 0;
}

/** What comes after an installation that somebody watches: the restart, when the medium is out of the way. */
async function endOf(
  { host }: CommandContext,
  conversation: InstallConversation,
  result: InstallResult,
): Promise<void> {
  // For installers that wait on other consoles.
  const record = { v: 1, ok: true, exitCode: 0, message: result.message } as const;
  await writeInstallRecord(host.files, record).catch(() => {});
  const restart = result.after === 'stay' && (await conversation.restart());
  const after = restart ? 'reboot' : result.after;
  const medium = after === 'stay' ? undefined : await removableMedium(host);
  if (medium === undefined) return finish(host, after);
  await conversation.removal(medium);
  await endWithoutMedium(host, after);
}

/** As the terminal would do for Ctrl-C. */
const interrupt = () => void process.kill(process.pid, 'SIGINT');

/** Prompts are loaded only when there is something to ask. */
const mediumConsent = async (context: CommandContext, request: InstallRequest, options: OptionValues) => {
  const { withMediumConsent } = await import('./questions/medium-consent.ts');
  return withMediumConsent(context, request, options.json === true);
};

const settleLeft = async (context: CommandContext, request: InstallRequest, interactive: boolean) => {
  if ((await leftMounted(context.host)) === undefined) return;
  const { settleLeftMount } = await import('./left-mounted.ts');
  const ask = async () => (await import('../../terminal/ask.ts')).askAtTerminal(context.signal);
  return settleLeftMount(context, request, interactive ? ask : undefined);
};

/** Loaded only when there is somebody to talk to. */
const startConversation = async (
  context: CommandContext,
  machine: { readonly loops: boolean; readonly bootFolder?: string },
) => (await import('./conversation.ts')).installConversation(context, undefined, machine);

/** A loop device counts as a disk for whoever names one. */
const loopsOf = ({ device = '' }: InstallRequest) => ({ loops: /^\/dev\/loop\d+(p\d+)?$/.test(device) });

interface Surroundings {
  readonly say: (line: string) => void;
  readonly isLive: boolean;
  /** The id of the request on the kernel command line. */
  readonly line: string | undefined;
}

/** Flags and kernel command line; faults in either are told before anything is looked at. */
async function readRequest(
  host: Host,
  args: { readonly device: string | undefined; readonly isoUrl: string | undefined },
  options: OptionValues,
  { say, isLive, line }: Surroundings,
): Promise<InstallRequest> {
  if (typeof options.cmdline === 'string') {
    const { requestOfLine } = await import('./tried-line.ts');
    return requestOfLine(options.cmdline, args, flagsOf(options));
  }
  const parsed = parseCommandLine(await host.files.readText('/proc/cmdline'));
  const diagnostics = meantForUs(parsed.diagnostics, options.fromCommandLine === true);
  requireValid(diagnostics);
  const flags = flagsOf(options);
  const commandLine = merge([parsed.layer]).config;
  const started = options.fromCommandLine === true;
  // Before the medium's file is read: data sources do not change it.
  if (started && hasOwnConfiguration(commandLine)) await applyOwnConfiguration(host, say);
  const keys: InstallKeys = isLive
    ? await (await import('../../../install/medium/own-keys.ts')).withMediumKeys(host, parsed.layer, {
        started,
        line,
      })
    : { config: commandLine, origins: [] };
  for (const origin of keys.origins) say(origin);
  const request = withWarnings(requestOf(args, flags, keys.config), diagnostics, parsed.layer);
  return started && request.silent && keys.silentBy !== undefined
    ? { ...request, id: keys.silentBy, byMedium: true }
    : request;
}

/** Commander reads --no-format as "format is off". */
const flagsOf = (options: OptionValues): InstallFlags =>
  installFlagsSchema.parse({ ...options, noFormat: options.format === false });

/** How it ended and what comes next: the result, so on stdout. */
function tell({ host, terminal }: CommandContext, result: InstallResult, json: boolean): void {
  if (json) {
    const emit = stamper((event) => terminal.out(`${JSON.stringify(event)}\n`), host.clock.now);
    emit({ type: 'result', ok: true, exitCode: 0, message: result.message, hint: nextOf(result) });
  } else {
    terminal.out(`${result.message}\n${nextSteps(result, terminal.columns, host.system.addresses())}`);
  }
}

const text = (argument: string | readonly string[] | undefined) =>
  typeof argument === 'string' ? argument : undefined;
