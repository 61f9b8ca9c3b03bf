/** What `opsctl upgrade` does. */
import { join } from 'node:path';
import { boardKernel, components } from '../../../boot/deployment.ts';
import { defaultTries, maximumTries } from '../../../boot/trial.ts';
import { loadConfig } from '../../../config/sources/sources.ts';
import { bootRecordPath, parseBootRecord } from '../../../disk/probe/boot-record.ts';
import { refused, usage } from '../../../errors.ts';
import { parseSize } from '../../../formats/size.ts';
import { withoutTrailing } from '../../../formats/trailing.ts';
import type { Host } from '../../../host/ports.ts';
import { withNetwork } from '../../../operation/network.ts';
import { boardKernelWarning } from '../../../upgrade/for-board.ts';
import type { UpgradeRequest } from '../../../upgrade/request.ts';
import { upgrade } from '../../../upgrade/run.ts';
import { releaseIn } from '../../../upgrade/source/channel.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { runOnNode } from './on-node.ts';

export const upgradeNode: CommandAction = async (context, [source], options) => {
  if (options.gate === true) return gate(context, source, options);
  if (options.gateLimit !== undefined)
    throw usage('gate-limit-alone', '--gate-limit is for --gate', { hint: 'Add --gate, or leave it out.' });
  if (options.bootLoader === true) return upgradeLoader(context, source, options);
  const asked = requestOf(source === undefined ? undefined : String(source), options);
  requireRoot(context.host);
  // Over a board's own system there is nothing to look for.
  if (asked.components.join() === 'kernel' && (await runsOnBoard(context.host, asked.root))) {
    context.terminal.err(`${boardKernelWarning}\n`);
    return 0;
  }
  const { host, request } = await configured(context.host, asked, options);
  if (options.at !== undefined) {
    const { commitLater, timeOf } = await import('../../../upgrade/later.ts');
    const at = timeOf(String(options.at), host.clock.now());
    const message = await commitLater(host, request, { at, reboot: options.reboot === true });
    context.terminal.out(
      options.json === true ? `${JSON.stringify({ v: 1, at, message })}\n` : `${message}\n`,
    );
    return 0;
  }
  return runOnNode(context, options, request, (events) => upgrade(host, request, events));
};

/** Throws OpsError (usage) `gate-alone`, and what `passGate` throws. */
async function gate(
  { host, terminal, signal }: CommandContext,
  given: unknown,
  options: OptionValues,
): Promise<number> {
  const others = ['stage', 'commit', 'version', 'channel', 'reboot', 'bootLoader', 'at', ...components];
  const [other] = others
    .map((name) => (name === 'os' ? 'rootfs' : name))
    .filter((name) => options[name] !== undefined);
  if (given !== undefined || other !== undefined)
    throw usage(
      'gate-alone',
      '--gate changes nothing: it takes only --source, --destination and --gate-limit',
      {
        hint: `Leave out ${other === undefined ? String(given) : other === 'bootLoader' ? '--boot-loader' : `--${other}`}.`,
      },
    );
  const { passGate } = await import('../../../kubernetes/gate/gate.ts');
  const { defaultGateLimit } = await import('../../../kubernetes/plan/request.ts');
  const { secondsOf } = await import('../plan/seconds.ts');
  const request = {
    source: String(options.source ?? '/bos/system'),
    root: options.destination === undefined ? '/host' : rootOf(options.destination),
    limit: secondsOf(options.gateLimit, '--gate-limit', defaultGateLimit),
  };
  await passGate(host, request, { signal, say: (line) => terminal.err(`${line}\n`) });
  return 0;
}

/** Throws OpsError (usage): `loader-alone`. */
async function upgradeLoader(
  context: CommandContext,
  source: unknown,
  options: OptionValues,
): Promise<number> {
  const [other] = ['source', 'destination', 'stage', 'commit', 'version', 'channel', ...components]
    .map((name) => (name === 'os' ? 'rootfs' : name))
    .filter((name) => options[name] !== undefined);
  if (source !== undefined || other !== undefined)
    throw usage('loader-alone', '--boot-loader is for the version that runs: it takes no other one', {
      hint: `Leave out ${other === undefined ? String(source) : `--${other}`}.`,
    });
  requireRoot(context.host);
  const { updateLoader } = await import('../../../upgrade/loader/update.ts');
  const request = {
    ...{ root: '/', dryRun: options.dryRun === true },
    ...(options.lockFile === undefined ? {} : { lockFile: String(options.lockFile) }),
  };
  return runOnNode(context, options, request, (events) => updateLoader(context.host, request, events));
}

/** Of the system that runs below `root`. */
const runsOnBoard = ({ files }: Host, root: string): Promise<boolean> =>
  files
    .readText(join(root, bootRecordPath))
    .then((text) => parseBootRecord(text).kernel === boardKernel)
    .catch(() => false);

export function requireRoot({ system }: Host): void {
  if (system.uid === 0) return;
  throw refused('not-root', 'Only root can change what this node starts', {
    hint: 'Run it with sudo: `sudo opsctl upgrade`.',
  });
}

/**
 * With what the configuration of the node says where the command line says nothing, and a host that reaches the network
 * as both say. Throws what `releaseIn` and `withNetwork` do.
 */
async function configured(
  given: Host,
  asked: UpgradeRequest,
  options: OptionValues,
): Promise<{ readonly host: Host; readonly request: UpgradeRequest }> {
  const { config } = await loadConfig(given, asked.root, { cloud: true });
  const caFile = options.caFile === undefined ? undefined : String(options.caFile);
  const host = await withNetwork(given, { config, caFile });
  const publicKey = asked.publicKey ?? config['bos.upgrade.public_key'];
  const tries = options.tries ?? config['bos.upgrade.tries'];
  const request: UpgradeRequest = {
    ...asked,
    tries: triesOf(tries),
    ...(publicKey === undefined ? {} : { publicKey }),
  };
  if (options.commit === true || request.source !== undefined) return { host, request };
  const { channel = config['bos.upgrade.channel'], version } = options;
  const source = await releaseIn(host, {
    channel: channel === undefined ? undefined : String(channel),
    ...(version === undefined ? {} : { version: String(version) }),
  });
  return { host, request: { ...request, source } };
}

/** Throws OpsError (usage): `source-twice`, `source-and-version`, `commit-alone`, `reboot-of-staged`, `destination-invalid`, `tries-invalid`, `rate-invalid`. */
export function requestOf(given: string | undefined, options: OptionValues): UpgradeRequest {
  const source = sourceOf(given, options);
  const chosen = components.filter((name) => options[name === 'os' ? 'rootfs' : name] === true);
  const { sha256, publicKey, limitRate, lockFile } = options;
  return {
    root: rootOf(options.destination),
    components: chosen.length === 0 ? components : chosen,
    force: options.force === true,
    mode: options.stage === true ? 'stage' : 'commit',
    tries: triesOf(options.tries),
    insecure: options.insecure === true,
    dryRun: options.dryRun === true,
    ...(source === undefined ? {} : { source }),
    ...(sha256 === undefined ? {} : { isoSha256: String(sha256).toLowerCase() }),
    ...(publicKey === undefined ? {} : { publicKey: String(publicKey) }),
    ...(limitRate === undefined ? {} : { limitRate: rateOf(String(limitRate)) }),
    ...(lockFile === undefined ? {} : { lockFile: String(lockFile) }),
  };
}

function sourceOf(given: string | undefined, options: OptionValues): string | undefined {
  const named = options.source === undefined ? given : String(options.source);
  if (given !== undefined && options.source !== undefined)
    throw usage('source-twice', 'Two sources were given', { hint: 'Leave out --source.' });
  if (named !== undefined && (options.version !== undefined || options.channel !== undefined))
    throw usage(
      'source-and-version',
      '--version and --channel are for releases of a channel, not for a source',
      {
        hint: 'Leave out the source, or the options.',
      },
    );
  if (options.stage === true && options.reboot === true)
    throw usage('reboot-of-staged', '--reboot is not for --stage: what is staged does not start yet', {
      hint: 'Restart with `opsctl upgrade --commit --reboot`.',
    });
  if (options.commit !== true) {
    if (options.at === undefined) return named;
    throw usage('at-without-commit', '--at is for --commit', {
      hint: 'Stage first: opsctl upgrade SOURCE --stage.',
    });
  }
  if (named !== undefined || options.stage === true)
    throw usage('commit-alone', '--commit is for what was staged: it takes neither a source nor --stage', {
      hint: 'Without --stage an upgrade is committed at once.',
    });
  return undefined;
}

/** The root of the node, from the path of its bos/system. */
export function rootOf(destination: unknown): string {
  if (destination === undefined) return '/';
  const path = withoutTrailing(String(destination), '/');
  if (path.startsWith('/') && /\/(bos|bhojpur)\/system$/.test(path))
    return path.replace(/\/(bos|bhojpur)\/system$/, '') || '/';
  throw usage('destination-invalid', `--destination ${path} is not the folder bos/system of a node`, {
    hint: 'In a container it is where the root of the node is mounted, and /bos/system: /host/bos/system.',
  });
}

export function triesOf(given: unknown): number {
  if (given === undefined) return defaultTries;
  const tries = Number(given);
  if (Number.isInteger(tries) && tries >= 1 && tries <= maximumTries) return tries;
  throw usage('tries-invalid', `--tries must be a number from 1 to ${maximumTries}, not ${String(given)}`);
}

/** As curl reads it: 200k, 2M; bytes a second. */
function rateOf(text: string): number {
  const size = parseSize(/^\d+[kKMG]$/.test(text) ? `${text.toUpperCase()}i` : text);
  if (size !== undefined && size > 0) return size;
  throw usage('rate-invalid', `${text} is not a rate`, { hint: 'Write it as 500k or 2M: bytes a second.' });
}
