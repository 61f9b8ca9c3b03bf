/** An installation from beginning to end: check, plan, consent, execute. */
import { dirname } from 'node:path/posix';
import { type Diagnostic, formatUnlabelled } from '../config/diagnostics.ts';
import { loginWays } from '../config/keys/login.ts';
import { secretsOf } from '../config/keys/secrets.ts';
import type { MachineFacts } from '../disk/facts.ts';
import { refused } from '../errors.ts';
import { withIoFaults } from '../host/io-fault.ts';
import { withLock } from '../host/lock.ts';
import type { Host } from '../host/ports.ts';
import { makeWorkFolder, removeLeftFolders } from '../host/work-folder.ts';
import { installLogPath, OperationJournal } from '../operation/journal.ts';
import { withNetwork } from '../operation/network.ts';
import { withReportPlace, withState, withTemporary } from '../operation/outcome.ts';
import { redactedError } from '../operation/redacted.ts';
import type { Emit } from '../plan/events.ts';
import { execute } from '../plan/execute.ts';
import { stamper } from '../plan/stamper.ts';
import { journalName } from '../steps/files/write-journal.ts';
import { handlers } from '../steps/index.ts';
import { oneInstallation } from './leftovers.ts';
import { installOutcome, reportPlace } from './outcome.ts';
import { planRefs } from './plan-input.ts';
import { type Prepared, placeOf, prepareInstall } from './prepare.ts';
import { againOf, type InstallRequest } from './request.ts';
import { rolesOf } from './roles.ts';

export interface InstallOptions {
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  readonly log?: (line: string) => void;
  /** Tells a person why nothing seems to happen, before the first step; `log` when left out. */
  readonly say?: (line: string) => void;
  /** What somebody has seen and agreed to; without it only a silent request is carried out. */
  readonly agreed?: ApprovedPlan;
  /** As for the check: the parts of the boot loader. */
  readonly bootFolder?: string;
  /** Takes the plan instead of executing it. */
  readonly onDryRun?: (prepared: ApprovedPlan) => void;
}

/** A plan that somebody agreed to, whatever way of installing it is of. */
export interface ApprovedPlan extends Pick<Prepared, 'plan'> {
  readonly checked: Pick<Prepared['checked'], 'config' | 'manifest'> &
    Partial<Pick<Prepared['checked'], 'disk' | 'existing'>>;
}

export interface InstallResult {
  readonly installed: boolean;
  readonly target: string;
  readonly message: string;
  readonly after: InstallRequest['after'];
  /** What the next boot by the same request does, where one comes by itself: of an unattended installation. */
  readonly again?: 'starts' | 'installs';
  /** From another Linux: there is no medium in the machine. */
  readonly overLinux?: boolean;
  /** How one can log in, in words. */
  readonly login: readonly string[];
}

/**
 * Installs. Throws OpsError: usage and refusals while nothing has been touched, `undone`, `broken` or `interrupted`
 * from executing. The machine is not rebooted here: see `finish`. All but a dry run goes into the journal.
 */
export const install = (
  given: Host,
  request: InstallRequest,
  facts: MachineFacts,
  options: InstallOptions,
): Promise<InstallResult> =>
  runJournaled(given, request, facts, options, (host) => {
    const say = options.say ?? options.log;
    return prepareInstall(host, request, facts, {
      ...(say === undefined ? {} : { say }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.bootFolder === undefined ? {} : { bootFolder: options.bootFolder }),
    });
  });

/** The same for any way of installing: `prepare` checks and plans, when nobody has agreed to a plan yet. */
export async function runJournaled(
  given: Host,
  request: InstallRequest,
  facts: Pick<MachineFacts, 'system'>,
  options: InstallOptions,
  prepare: (host: Host) => Promise<ApprovedPlan>,
): Promise<InstallResult> {
  const host = withIoFaults(await withNetwork(given, request));
  if (request.dryRun) return executePlan(host, request, facts, options, prepare);
  const journal = new OperationJournal(host, options.say ?? options.log ?? (() => {}));
  journal.hide(secretsOf(request.config));
  journal.add('request', { ...request, config: Object.keys(request.config) });
  journal.add('facts', { facts });
  try {
    const { log } = options;
    const told = {
      ...options,
      emit: journal.events(options.emit),
      ...(log && { log: (line: string) => log(journal.redact(line)) }),
    };
    const result = await executePlan(journal.watched(host), request, facts, told, prepare, journal);
    journal.ended();
    return result;
  } catch (thrown) {
    const error = withState(thrown);
    journal.ended(error);
    throw withReportPlace(
      redactedError(error, (text) => journal.redact(text)),
      reportPlace,
    );
  } finally {
    await journal.flush();
  }
}

async function executePlan(
  host: Host,
  request: InstallRequest,
  facts: Pick<MachineFacts, 'system'>,
  options: InstallOptions,
  prepare: (host: Host) => Promise<ApprovedPlan>,
  journal?: OperationJournal,
): Promise<InstallResult> {
  const prepared = options.agreed ?? (await prepare(host));
  const { plan, checked } = prepared;
  journal?.hide(secretsOf(checked.config.config));
  journal?.add('steps', { plan });
  const seen = options.agreed !== undefined && !request.silent && !request.dryRun;
  if (!seen) tellWarnings(checked.config.warnings, host, options.emit);
  const login = loginWays(checked.config.config);
  if (request.dryRun) {
    options.onDryRun?.(prepared);
    const message = `Dry run: nothing was touched on ${plan.target}.`;
    return { installed: false, target: plan.target, message, after: 'stay', login };
  }
  if (!request.silent && options.agreed === undefined) {
    throw refused('consent-missing', 'Cannot ask for consent: stdin is not a terminal, or --json was given', {
      hint: `To install without questions, run \`opsctl install ${placeOf(prepared)} --silent\` with the other options.`,
    });
  }
  await withLock(host, oneInstallation, () =>
    withConfigFile(host, checked.config.bytes, (path) =>
      execute(plan, handlers, {
        host,
        emit: options.emit,
        outcome: installOutcome,
        roleOf: rolesOf(plan),
        names: {
          [planRefs.config]: path,
          [planRefs.root]: '',
          [journalName]: installLogPath,
          [planRefs.image]: request.isoUrl ?? '',
        },
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(options.log === undefined ? {} : { log: options.log }),
      }),
    ),
  );
  return {
    installed: true,
    target: plan.target,
    message: `Bhojpur OS ${checked.manifest.os} is installed on ${plan.target}.`,
    after: request.after,
    ...againOf(request),
    ...(facts.system === 'other' ? { overLinux: true } : {}),
    login,
  };
}

/** Where nobody is asked, these come before the first step; elsewhere they stand above the question. */
function tellWarnings(warnings: readonly Diagnostic[], { clock }: Host, emit: Emit): void {
  const tell = stamper(emit, clock.now);
  for (const found of warnings) {
    const message = formatUnlabelled(found);
    tell({ type: 'warning', message });
  }
}

/** Restarts or switches off the machine when the request says so. */
export async function finish(host: Host, after: InstallRequest['after']): Promise<void> {
  if (after === 'stay') return;
  const word = after === 'reboot' ? 'reboot' : 'poweroff';
  // sd_booted(3): another Linux may have another init, and systemctl without systemd does nothing.
  if (await host.files.exists('/run/systemd/system')) await host.processes.run('systemctl', [word]);
  else await host.processes.run(word, []);
}

/** Of a version that had no owner in the names of these folders, or of one that found no /run. */
const oldConfig = /^opsctl-install-[^.]*$/;

/** What installers that were killed have left in the folder for temporary files: nobody else installs now. */
async function removeLeft(host: Host): Promise<void> {
  const { files, system } = host;
  const parent = system.env.TMPDIR ?? '/tmp';
  await removeLeftFolders(host, parent);
  for (const name of await files.list(parent)) {
    const path = `${parent}/${name}`;
    const stat = oldConfig.test(name) ? await files.stat(path) : undefined;
    // In a folder for all, others can make such names, too.
    if (stat?.type === 'directory' && stat.uid === system.uid) await files.remove(path).catch(() => {});
  }
}

/** The configuration can hold secrets: it waits in a file that only root can read, in memory (/run). */
async function withConfigFile(
  host: Host,
  bytes: Uint8Array,
  use: (path: string) => Promise<void>,
): Promise<void> {
  // The lock has made it.
  const folder = await makeWorkFolder(host, 'install', dirname(oneInstallation.path));
  await removeLeft(host);
  const temporary = {
    what: `${folder}, which holds the configuration,`,
    remove: () => host.files.remove(folder),
    cleanupFailed: installOutcome.stillInUse,
  };
  await withTemporary(temporary, async () => {
    const path = `${folder}/config.yaml`;
    await host.files.write(path, bytes, { mode: 0o600 });
    await use(path);
  });
}
