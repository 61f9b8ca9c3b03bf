/** The options of `opsctl plan` as a request. */
import { usage } from '../../../errors.ts';
import { parseWindow, type WindowRequest } from '../../../formats/time/window.ts';
import {
  type DrainRequest,
  defaultDeadline,
  defaultDrain,
  defaultGateLimit,
  defaultImage,
  defaultName,
  defaultNamespace,
  defaultSelector,
  type PlanRequest,
  type Toleration,
} from '../../../kubernetes/plan/request.ts';
import { controlPlaneLabel } from '../../../kubernetes/values/node-labels.ts';
import { parseSelector, type Requirement } from '../../../kubernetes/values/selector.ts';
import type { OptionValues } from '../../command.ts';
import { secondsOf } from './seconds.ts';

/** Those that only a drain has, by their names in `OptionValues`. */
const drainOptions = {
  drainTimeout: '--drain-timeout',
  gracePeriod: '--grace-period',
  force: '--force',
  disableEviction: '--disable-eviction',
  skipWaitForDeleteTimeout: '--skip-wait-for-delete-timeout',
  podSelector: '--pod-selector',
} as const;

/**
 * What the options ask for. Throws OpsError (usage): `plan-options` for what contradicts itself, `plan-value` for a value
 * that cannot be read. Whether the whole is a valid Plan is looked at when it is rendered.
 */
export function requestOf(options: OptionValues, ownVersion: string): PlanRequest {
  if (options.version !== undefined && options.channel !== undefined)
    throw contradiction(
      '--version and --channel',
      'A version is brought once; a channel leads to the newest.',
    );
  if (options.selector !== undefined && options.oldLabel === true)
    throw contradiction('--selector and --old-label', 'Name the label in the selector.');
  const selector =
    options.selector === undefined
      ? defaultSelector(options.oldLabel === true ? 'old' : 'new')
      : selectorOf(options.selector, '--selector');
  const request: PlanRequest = {
    name: String(options.name ?? defaultName),
    namespace: String(options.namespace ?? defaultNamespace),
    image: String(options.image ?? defaultImage),
    source:
      options.channel === undefined
        ? { version: String(options.version ?? ownVersion) }
        : { channel: String(options.channel) },
    roles: [
      ...(options.controlPlane === true ? (['control-plane'] as const) : []),
      ...(options.workers === true ? (['workers'] as const) : []),
    ],
    concurrency: wholeOf(options.concurrency, '--concurrency', 1),
    selector,
    tolerations: listOf(options.toleration).map(tolerationOf),
    before: beforeOf(options),
    window: options.window === undefined ? undefined : windowOf(String(options.window)),
    deadline: secondsOf(options.deadline, '--deadline', defaultDeadline),
    pullSecrets: listOf(options.pullSecret),
    gate: gateOf(options),
  };
  requireOrder(request);
  if (request.gate !== undefined && request.gate.limit >= request.deadline)
    throw usage(
      'plan-options',
      `--gate-limit must be shorter than --deadline, which is ${request.deadline} s`,
      {
        hint: 'The job ends with its deadline, and has to drain and upgrade after the gate.',
      },
    );
  return request;
}

function gateOf(options: OptionValues): PlanRequest['gate'] {
  if (options.prepare !== false)
    return { limit: secondsOf(options.gateLimit, '--gate-limit', defaultGateLimit) };
  if (options.gateLimit === undefined) return undefined;
  throw contradiction('--gate-limit and --no-prepare', 'Leave one of them out.');
}

/** Servers are never upgraded together: etcd counts them. */
function requireOrder({ concurrency, roles, selector }: PlanRequest): void {
  if (concurrency <= 1 || roles.includes('workers')) return;
  const without = selector.some(
    ({ key, operator }) => key === controlPlaneLabel && operator === 'DoesNotExist',
  );
  if (without) return;
  throw usage('plan-options', `--concurrency ${concurrency} could upgrade several servers at a time`, {
    hint: 'Add --workers, and --control-plane for a second Plan that takes servers one by one.',
  });
}

function beforeOf(options: OptionValues): PlanRequest['before'] {
  const cordon = options.cordon === true;
  if (cordon && options.drain === true)
    throw contradiction('--drain and --cordon', 'A drain cordons the node anyway.');
  if (!cordon && options.drain !== false) return { drain: drainOf(options) };
  const given = Object.entries(drainOptions).find(([name]) => options[name] !== undefined);
  const negated = (['ignoreDaemonsets', 'deleteEmptydirData'] as const).some(
    (name) => options[name] === false,
  );
  if (given !== undefined || negated)
    throw contradiction(
      `${given?.[1] ?? 'the options of a drain'} and ${cordon ? '--cordon' : '--no-drain'}`,
      'Leave one of them out.',
    );
  return cordon ? 'cordon' : 'nothing';
}

function drainOf(options: OptionValues): DrainRequest {
  const grace = options.gracePeriod;
  return {
    timeout: secondsOf(options.drainTimeout, '--drain-timeout', defaultDrain.timeout),
    gracePeriod: grace === undefined ? undefined : wholeOf(grace, '--grace-period', 0, -1),
    ignoreDaemonSets: options.ignoreDaemonsets !== false,
    deleteEmptydirData: options.deleteEmptydirData !== false,
    force: options.force === true,
    disableEviction: options.disableEviction === true,
    skipWaitForDeleteTimeout: wholeOf(
      options.skipWaitForDeleteTimeout,
      '--skip-wait-for-delete-timeout',
      defaultDrain.skipWaitForDeleteTimeout,
      0,
    ),
    podSelector: options.podSelector === undefined ? [] : selectorOf(options.podSelector, '--pod-selector'),
  };
}

function tolerationOf(text: string): Toleration {
  const [, key = '', value, effect] = /^([^=:]*)(?:=([^:]*))?(?::(.*))?$/.exec(text) ?? [];
  return {
    ...(key === '' ? {} : { key }),
    operator: value === undefined ? 'Exists' : 'Equal',
    ...(value === undefined ? {} : { value }),
    ...(effect === undefined ? {} : { effect }),
  };
}

function selectorOf(value: unknown, option: string): readonly Requirement[] {
  const parsed = parseSelector(String(value));
  if (typeof parsed !== 'string') return parsed;
  throw usage('plan-value', `${option} is not a selector: ${parsed}`, {
    hint: "Write it as for kubectl: 'region=west,disk in (ssd, nvme),!spare'.",
  });
}

function windowOf(text: string): WindowRequest {
  const parsed = parseWindow(text);
  if (typeof parsed !== 'string') return parsed;
  throw usage('plan-value', `--window is not DAYS START-END [ZONE]: ${parsed}`, {
    hint: "Write it as 'sat,sun 02:00-05:00 Europe/Berlin'.",
  });
}

function wholeOf(value: unknown, option: string, fallback: number, lowest = 1): number {
  if (value === undefined) return fallback;
  const number = /^-?\d{1,9}$/.test(String(value)) ? Number(value) : Number.NaN;
  if (number >= lowest) return number;
  throw usage('plan-value', `${option} ${String(value)} is not a whole number from ${lowest} on`);
}

const contradiction = (what: string, hint: string) =>
  usage('plan-options', `${what.replace(/^./, (letter) => letter.toUpperCase())} contradict each other`, {
    hint,
  });

const listOf = (value: unknown): readonly string[] =>
  value === undefined ? [] : Array.isArray(value) ? value.map(String) : [String(value)];
