/** What `opsctl patch` does. */
import type { Config } from '../../../config/config.ts';
import { type PatchSettings, patchSettings } from '../../../config/patch/settings.ts';
import { loadConfig } from '../../../config/sources/sources.ts';
import { messageWithDetails, OpsError, refused, usage } from '../../../errors.ts';
import { renderTimestamp } from '../../../formats/time/timestamp.ts';
import { withLock } from '../../../host/lock.ts';
import type { Host } from '../../../host/ports.ts';
import { withNetwork } from '../../../operation/network.ts';
import { requirePatchConfig } from '../../../patch/config-faults.ts';
import { clusterAccess, readNodeObject } from '../../../patch/drain/access.ts';
import { uncordonRecorded } from '../../../patch/drain/drain.ts';
import { lookForPatch, lookText } from '../../../patch/look.ts';
import { isWithin, refusal } from '../../../patch/permission.ts';
import { readPatchRecord, rememberRequest } from '../../../patch/record.ts';
import { isWithdrawn, type Requested, requestedPatch, requestOf } from '../../../patch/request.ts';
import { giveBack, type PatchRequest, type PatchResult, patchNode } from '../../../patch/run.ts';
import { stamper } from '../../../plan/stamper.ts';
import { requestTrigger, triggers } from '../../../runtime/patch-timers.ts';
import { readNode } from '../../../upgrade/node.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { triesOf, requestOf as upgradeRequestOf } from '../upgrade/action.ts';
import { restart, shownOnNode } from '../upgrade/on-node.ts';

/** Throws OpsError: `not-root` (refused), and what the parts throw. */
export const patch: CommandAction = async (context, _args, options) => {
  requireRoot(context.host);
  const { config, diagnostics } = await loadConfig(context.host, '/', { cloud: true });
  if (options.finish === true) return withLock(context.host, onePatch, () => finish(context, config));
  requirePatchConfig(diagnostics);
  const trigger = triggerOf(options.trigger);
  const caFile = options.caFile === undefined ? undefined : String(options.caFile);
  const run: Run = {
    ...{ context, options, config },
    host: await withNetwork(context.host, { config, caFile }),
    settings: patchSettings(config),
    request: patchRequestOf(options, config),
  };
  if (options.check === true) return check(run);
  try {
    return await withLock(context.host, onePatch, () => onDemand(run, trigger));
  } catch (error) {
    if (trigger === undefined || !isQuiet(error)) throw error;
    context.terminal.err(`${messageWithDetails(error)}\n`);
    return 0;
  }
};

interface Run {
  readonly context: CommandContext;
  readonly options: OptionValues;
  /** Reaches the network as the configuration says. */
  readonly host: Host;
  readonly config: Config;
  readonly settings: PatchSettings;
  readonly request: PatchRequest;
}

const onePatch = {
  path: '/run/bos/patch.lock',
  busy: (owner: string | number) =>
    refused('patch-running', `Another patch is running (process ${owner})`, {
      hint: 'Wait until it has ended; `opsctl status` says how.',
    }),
};

function requireRoot({ system }: Host): void {
  if (system.uid === 0) return;
  throw refused('not-root', 'Only root can patch this node', {
    hint: 'Run it with sudo: `sudo opsctl patch`.',
  });
}

/** When a timer has started it: being refused for now is not a failure of the unit. */
const isQuiet = (error: unknown): boolean =>
  error instanceof OpsError &&
  [
    'patch-held',
    'window-closed',
    'patch-running',
    'upgrade-running',
    'trial-pending',
    'plan-upgrading',
    'version-returned',
  ].includes(error.code);

function triggerOf(given: unknown): string | undefined {
  const known: readonly unknown[] = [...triggers, requestTrigger];
  if (given === undefined || known.includes(given)) return given as string | undefined;
  throw usage('trigger-invalid', `--trigger must be one of ${known.join(', ')}, not ${String(given)}`);
}

/** The options of an upgrade that a patch has, too, and what the configuration says. */
function patchRequestOf(options: OptionValues, config: Config): PatchRequest {
  const { limitRate, publicKey, insecure, dryRun } = options;
  const common = Object.entries({ limitRate, publicKey, insecure, dryRun }).filter(
    ([, value]) => value !== undefined,
  );
  const {
    limitRate: rate,
    insecure: anyUrl,
    dryRun: dry,
    publicKey: named,
  } = upgradeRequestOf(undefined, Object.fromEntries(common) as OptionValues);
  const key = named ?? config['bos.upgrade.public_key'];
  return {
    ...{ insecure: anyUrl, dryRun: dry },
    ...(rate === undefined ? {} : { limitRate: rate }),
    tries: triesOf(config['bos.upgrade.tries']),
    ...(key === undefined ? {} : { publicKey: key }),
    channel: options.channel === undefined ? config['bos.upgrade.channel'] : String(options.channel),
    reboot: options.rebootIfRequired === true || config['bos.patch.reboot_if_required'] === true,
    drain: options.drain !== false,
  };
}

async function check({ context, options, host, settings, request }: Run): Promise<number> {
  const { terminal } = context;
  const look = await lookForPatch(host, await readNode(host, '/'), request.channel);
  const { running, stream, newest, state, reason } = look;
  const why = refusal(settings, host.clock.now(), false);
  if (options.json === true) {
    const found = {
      ...{ v: 1, running, stream, state },
      ...(newest === undefined ? {} : { newest: newest.name, source: newest.source }),
      ...(reason === undefined ? {} : { reason }),
      ...(why === undefined ? { allowed: true } : { allowed: false, why: why.message }),
    };
    terminal.out(`${JSON.stringify(found, null, 2)}\n`);
    return 0;
  }
  terminal.out(`${lookText(look)}\n`);
  if (why !== undefined) terminal.err(`${messageWithDetails(why)}\n`);
  return 0;
}

/** What asked for it counts as done before a pod is touched: one request drains and restarts a node once. */
async function onDemand(run: Run, trigger: string | undefined): Promise<number> {
  const { host, settings, options, context } = run;
  const now = host.clock.now();
  const say = (line: string) => context.terminal.err(`${line}\n`);
  const byAnnotation = options.requested === true || trigger === requestTrigger;
  const kind = byAnnotation ? 'annotation' : trigger === 'after' ? 'after' : undefined;
  const asked = kind === undefined ? undefined : await requestBy(run, kind, now);
  if (asked !== undefined && asked.kind !== 'due') return notDue(run, asked);
  const passWindow = options.now === true || asked !== undefined;
  const why = refusal(settings, now, passWindow);
  if (why !== undefined) throw why;
  if (!isWithin(settings, now))
    say(
      `The window for patches is closed (${settings.shownWindow}): ${options.now === true ? '--now' : 'the request'} passes it.`,
    );
  const done = await patchNode(host, run.config, run.request, {
    ...{ say, signal: context.signal },
    shown: (work) => shownOnNode(context, options, work),
    ...(kind === undefined || asked === undefined
      ? {}
      : { settled: () => rememberRequest(host.files, kind, asked.value) }),
  });
  return ended(run, done, say);
}

async function requestBy(
  { host, config, settings }: Run,
  kind: 'annotation' | 'after',
  now: number,
): Promise<Requested> {
  const record = await readPatchRecord(host.files);
  if (kind === 'after') return requestOf(settings.after?.text, record.after, now);
  const { annotations } = await readNodeObject(host, await clusterAccess(host, config));
  const asked = requestedPatch(annotations, record, now);
  // `now` may be asked for again once it was taken away.
  if (isWithdrawn(annotations, record)) await rememberRequest(host.files, 'annotation', undefined);
  return asked;
}

function notDue({ context, options }: Run, asked: Requested): number {
  if (asked.kind === 'invalid')
    throw refused('request-invalid', `"${asked.value}" asks for no patch that could be understood`, {
      hint: 'The annotation bhojpur.net/patch is now, or a time such as 2026-12-01T03:30:00Z.',
    });
  const message =
    asked.kind === 'later'
      ? `A patch is asked for at ${renderTimestamp(asked.at)}.`
      : 'No patch is asked for.';
  printEnd(context, options, message);
  return 0;
}

async function ended(
  { context, options, config, host }: Run,
  done: PatchResult,
  say: (line: string) => void,
): Promise<number> {
  printEnd(context, options, done.message);
  if (done.end !== 'committed') return 0;
  try {
    await restart(context, '/');
  } catch (error) {
    // Committed it stays; the node works on until somebody restarts it.
    await giveBack(host, config, say);
    throw error;
  }
  return 0;
}

function printEnd({ host, terminal }: CommandContext, options: OptionValues, message: string): void {
  const out = stamper((event) => terminal.out(`${JSON.stringify(event)}\n`), host.clock.now);
  if (options.json !== true) terminal.out(`${message}\n`);
  else out({ type: 'result', ok: true, exitCode: 0, message });
}

/**
 * Of bos-patch-uncordon.service, after a restart and after a patch that could not uncordon. A patch that runs has the cordon:
 * the service tries again.
 */
async function finish({ host, terminal }: CommandContext, config: Config): Promise<number> {
  const node = await uncordonRecorded(host, () => clusterAccess(host, config));
  terminal.out(
    node === undefined
      ? 'Nothing to do: no patch has cordoned this node.\n'
      : `Node ${node} is uncordoned.\n`,
  );
  return 0;
}
