/** An upgrade from beginning to end: look, check, plan, execute; and the same for going back. */
import { dirname, join } from 'node:path';
import { type Deployment, deploymentText, sameDeployment } from '../boot/deployment.ts';
import { messageOf } from '../errors.ts';
import { withIoFaults } from '../host/io-fault.ts';
import { withLock } from '../host/lock.ts';
import type { Host } from '../host/ports.ts';
import { requirePrograms } from '../install/check/programs.ts';
import { planRefs } from '../install/plan-input.ts';
import { OperationJournal } from '../operation/journal.ts';
import { withReportPlace, withState } from '../operation/outcome.ts';
import { redactedError } from '../operation/redacted.ts';
import type { Emit } from '../plan/events.ts';
import { execute } from '../plan/execute.ts';
import type { Plan } from '../plan/plan.ts';
import { handlers, type Step } from '../steps/index.ts';
import { checkUpgrade } from './check.ts';
import { planCommit } from './commit.ts';
import { committedText, pending } from './committed.ts';
import { requireRoomForCopy } from './datastore/room.ts';
import { type DatastoreView, datastoreNotes, viewDatastore } from './datastore/view.ts';
import { forBoard } from './for-board.ts';
import { inNode } from './in-node.ts';
import { type Node, provenOf, readNode } from './node.ts';
import { oneUpgrade, upgradeLockPath, upgradeLogPath, upgradeOutcome } from './outcome.ts';
import { planUpgrade, upgradeRefs } from './plan.ts';
import { readUpgradeRecord, type UpgradeRecord, writeUpgradeRecord } from './record.ts';
import type { UpgradeRequest } from './request.ts';
import { planRollback, type RollbackRequest } from './rollback.ts';
import { limited } from './source/limit-rate.ts';
import { openSource } from './source/source.ts';

export interface UpgradeOptions {
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  /** Tells a person why nothing seems to happen. */
  readonly say?: (line: string) => void;
  /** Takes the plan instead of executing it. */
  readonly onDryRun?: (plan: Plan<Step>) => void;
}

export interface UpgradeResult {
  /** What the node starts next, or what is staged on it, has changed. */
  readonly changed: boolean;
  /** What it starts next is not what runs. */
  readonly waits: boolean;
  readonly message: string;
  /** What starts next. */
  readonly deployment: Deployment;
}

export interface Planned {
  readonly plan: Plan<Step> | undefined;
  readonly deployment: Deployment;
  /** When it is done, or when there is nothing to do. */
  readonly message: string;
  /** What the record of upgrades says before what starts is changed. */
  readonly record?: (record: UpgradeRecord, at: string) => UpgradeRecord;
}

/**
 * Takes a new version, stages it, or commits what is staged. Throws OpsError: usage and refusals while nothing was
 * touched, `undone`, `broken` or `interrupted` from executing. The machine is not restarted here.
 */
export const upgrade = (
  host: Host,
  request: UpgradeRequest,
  options: UpgradeOptions,
): Promise<UpgradeResult> =>
  changeNode(limited(host, request.limitRate), request, options, async (watched, node, datastore) => {
    if (request.source !== undefined) return planOf(watched, node, request, options, datastore);
    const planned = planCommit(node, request);
    if (planned.plan !== undefined) await requireRoomForCopy(watched, node, planned.deployment, datastore);
    return planned;
  });

/** Starts an older deployment from the next start on. Throws as `upgrade` does. */
export const rollback = (
  host: Host,
  request: RollbackRequest,
  options: UpgradeOptions,
): Promise<UpgradeResult> =>
  changeNode(host, { ...request, anyDatastore: true }, options, async (_, node) =>
    planRollback(node, request),
  );

async function planOf(
  host: Host,
  node: Node,
  request: UpgradeRequest,
  options: UpgradeOptions,
  datastore: DatastoreView | undefined,
): Promise<Planned> {
  const { components, said } = forBoard(node, request.components);
  if (said !== undefined) options.say?.(said);
  if (components.length === 0)
    return { plan: undefined, deployment: node.current, message: nothingToDo(node) };
  const source = await openSource(host, request, {
    ...(options.say === undefined ? {} : { say: options.say }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const checked = await checkUpgrade(host, node, source.manifest, { ...request, components }, datastore);
  const { deployment } = checked.placement;
  if (checked.nothingToDo) return { plan: undefined, deployment, message: nothingToDo(node) };
  const at = new Date(host.clock.now()).toISOString();
  const { mode, tries } = request;
  const plan = planUpgrade({ ...checked, node, source, mode, tries, at });
  const waits = `${deploymentText(deployment)} is on the disk. \`opsctl upgrade --commit\` makes it start.`;
  return {
    plan,
    deployment,
    message: mode === 'stage' ? waits : committedText(node, deployment, tries),
    ...(mode === 'stage' ? {} : { record: pending(node, deployment, source.shown) }),
  };
}

const nothingToDo = ({ current, running }: Node): string =>
  sameDeployment(current, running)
    ? `Nothing to do: this node runs ${deploymentText(current)}.`
    : `Nothing to do: this node starts ${deploymentText(current)} the next time.`;

type Planner = (host: Host, node: Node, datastore: DatastoreView | undefined) => Promise<Planned>;

export interface ChangeRequest extends Pick<UpgradeRequest, 'root' | 'dryRun' | 'source'> {
  readonly lockFile?: string;
  /** A datastore that cannot be looked at is no reason against it. */
  readonly anyDatastore?: boolean;
}

/** One change of the node: under the lock, journaled, planned for what the node is then. */
export async function changeNode(
  given: Host,
  request: ChangeRequest,
  options: UpgradeOptions,
  plan: Planner,
): Promise<UpgradeResult> {
  const host = withIoFaults(inNode(given, request.root));
  const { root, lockFile = join(root, upgradeLockPath) } = request;
  if (request.dryRun) {
    const node = await readNode(host, root);
    const datastore = await datastoreFor(host, request, options);
    const planned = await plan(host, node, datastore);
    sayDatastore(options, node, planned, datastore);
    if (planned.plan !== undefined) options.onDryRun?.(planned.plan);
    const message = planned.plan === undefined ? planned.message : 'Dry run: nothing was touched.';
    return { changed: false, waits: false, message, deployment: planned.deployment };
  }
  await host.files.makeDir(dirname(lockFile));
  return withLock(host, oneUpgrade(lockFile), () => journaled(host, request, options, plan));
}

async function journaled(
  host: Host,
  request: ChangeRequest,
  options: UpgradeOptions,
  plan: Planner,
): Promise<UpgradeResult> {
  const path = join(request.root, upgradeLogPath);
  const journal = new OperationJournal(host, options.say ?? (() => {}), path);
  try {
    const node = await readNode(host, request.root);
    const datastore = await datastoreFor(host, request, options);
    const planned = await plan(journal.watched(host), node, datastore);
    sayDatastore(options, node, planned, datastore);
    if (planned.plan !== undefined) {
      journal.add('steps', { plan: planned.plan });
      await executePlan(
        journal.watched(host),
        request,
        { ...options, emit: journal.events(options.emit) },
        node,
        planned,
      );
    }
    journal.ended();
    return {
      changed: planned.plan !== undefined,
      waits: !sameDeployment(node.current, node.running),
      message: planned.message,
      deployment: planned.deployment,
    };
  } catch (thrown) {
    const error = withState(thrown);
    journal.ended(error);
    throw withReportPlace(
      redactedError(error, (text) => journal.redact(text)),
      `journal: ${path}`,
    );
  } finally {
    await journal.flush();
  }
}

/** A datastore that cannot be looked at is a reason not to upgrade, but none not to return. */
async function datastoreFor(
  host: Host,
  { root, anyDatastore = false }: ChangeRequest,
  { say }: UpgradeOptions,
): Promise<DatastoreView | undefined> {
  try {
    return await viewDatastore(host, root);
  } catch (error) {
    if (!anyDatastore) throw error;
    say?.(`The datastore of DCP cannot be looked at: ${messageOf(error)}`);
    return undefined;
  }
}

/** Beforehand: what DCP will find when the other deployment starts. */
function sayDatastore(
  { say }: UpgradeOptions,
  node: Node,
  { plan, deployment }: Planned,
  datastore: DatastoreView | undefined,
): void {
  if (plan === undefined) return;
  for (const line of datastoreNotes(datastore, provenOf(node), deployment)) say?.(line);
}

async function executePlan(
  host: Host,
  { root, source = '' }: ChangeRequest,
  options: UpgradeOptions,
  node: Node,
  { plan, record }: Planned,
): Promise<void> {
  if (plan === undefined) return;
  await requirePrograms(host, plan.steps);
  const at = new Date(host.clock.now()).toISOString();
  // Before what starts is changed: a boot that judges the new deployment finds it.
  if (record !== undefined)
    await writeUpgradeRecord(host.files, root, record(await readUpgradeRecord(host.files, root), at));
  try {
    await execute(plan, handlers, {
      ...{ host, emit: options.emit, outcome: upgradeOutcome },
      roleOf: (path) => (path.startsWith(node.state) ? 'this node' : 'the source'),
      names: {
        ...{ [upgradeRefs.root]: root, [upgradeRefs.state]: node.state, [planRefs.image]: source },
        ...(node.devices.esp === '' ? {} : { [upgradeRefs.esp]: join(root, node.devices.esp) }),
      },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (error) {
    if (record !== undefined && (await isUnchanged(host, node)))
      await writeUpgradeRecord(host.files, root, node.record).catch(() => {});
    throw error;
  }
}

/** The node starts what it started before. */
async function isUnchanged(host: Host, { root, current }: Node): Promise<boolean> {
  return readNode(host, root).then(
    (now) => sameDeployment(now.current, current),
    () => false,
  );
}
