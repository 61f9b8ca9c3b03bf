/** `opsctl image edit`: other kernel arguments and another configuration in a finished disk image, in place. */
import { join } from 'node:path';
import { type ArgumentRequest, changesArguments } from '../../boot/menus/argument-request.ts';
import type { Diagnostic } from '../../config/diagnostics.ts';
import { refused, usage } from '../../errors.ts';
import { sha256Of } from '../../host/digest.ts';
import { withLock } from '../../host/lock.ts';
import { refuseAttached } from '../../host/loop-attached.ts';
import type { Host } from '../../host/ports.ts';
import { makeWorkFolder } from '../../host/work-folder.ts';
import { withTemporary } from '../../operation/outcome.ts';
import type { BlockTarget } from '../../plan/block-target.ts';
import type { Emit } from '../../plan/events.ts';
import { execute } from '../../plan/execute.ts';
import type { Outcome } from '../../plan/outcome.ts';
import type { Plan } from '../../plan/plan.ts';
import { editSettings } from '../../steps/image/edit-settings.ts';
import type { EditSettings } from '../../steps/image/edit-settings-schema.ts';
import { espOf, type ReadSettings, readSettings, withDisk, withDiskAt } from '../disk.ts';
import { editedMenu } from './edited-menu.ts';

export interface EditRequest {
  /** A path. */
  readonly image: string;
  readonly menu: ArgumentRequest;
  /** A local file; what the image has stays when left out. */
  readonly config?: string;
  /** Puts the settings from before the last change in force again; nothing else is asked for then. */
  readonly undo: boolean;
  /** An image that nobody can log in to is what is wanted. */
  readonly allowNoLogin: boolean;
}

export interface EditOptions {
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Nothing is written. */
  readonly dryRun: boolean;
}

export interface EditedImage {
  readonly plan: Plan<EditSettings>;
  /** Kernel lines that have other arguments. */
  readonly lines: number;
  readonly warnings: readonly Diagnostic[];
}

const outcome: Outcome = {
  destroyed: 'The image has its old settings; run the same command again.',
  uncertain: 'The image has its old settings or the new ones, whole; run the same command again.',
  leftBehind: 'Remove by hand what is listed here.',
  stillInUse: 'The image is changed.',
};

const refs = { esp: 'part:esp', menu: 'file:menu', config: 'file:config' };

/**
 * Throws OpsError: (usage) `edit-nothing`, `config-invalid`, what editing a menu throws; (refused) `image-unreadable`,
 * `image-read-only`, `image-not-ours`, `image-in-use`, `image-busy`, `settings-missing`, `settings-damaged`,
 * `settings-too-large`, `karg-not-found`, `nothing-to-undo`, `no-login`.
 */
export async function editImage(
  host: Host,
  request: EditRequest,
  options: EditOptions,
): Promise<EditedImage> {
  const { image: path, menu, config, undo } = request;
  if (!undo && !changesArguments(menu) && config === undefined)
    throw usage('edit-nothing', 'No changes were given', {
      hint: "For example --config FILE. See 'opsctl image edit --help'.",
    });
  if (options.dryRun) return withDisk(host, path, 'r', () => change(host, request, options));
  return withDisk(host, path, 'r+', async () => {
    await refuseAttached(host, path, 'image-in-use', '');
    return withLock(host, lockOf(path), () => change(host, request, options));
  });
}

const lockOf = (path: string) => ({
  path: `${path}.opsctl-lock`,
  busy: (owner: string) =>
    refused('image-busy', `Process ${owner} is changing ${path}`, { hint: 'Wait until it has ended.' }),
});

async function change(host: Host, request: EditRequest, options: EditOptions): Promise<EditedImage> {
  const { image: path } = request;
  const { esp, read } = await withDisk(host, path, 'r', async (disk) => {
    const esp = await espOf(path, disk);
    return { esp, read: await readSettings(disk, esp) };
  });
  const { menu, config, lines, warnings } = request.undo
    ? before(path, read)
    : await changed(host, request, read);
  const folder = await makeWorkFolder(host, 'image');
  const temporary = {
    what: `${folder}, which holds the configuration`,
    remove: () => host.files.remove(folder),
    cleanupFailed: 'The image itself is changed; remove that folder by hand.',
  };
  return withTemporary(temporary, async () => {
    const contents = { menu, config };
    const names = { [refs.menu]: join(folder, 'menu'), [refs.config]: join(folder, 'config') };
    for (const name of ['menu', 'config'] as const)
      await host.files.write(join(folder, name), contents[name], { mode: 0o600 });
    const content = (name: 'menu' | 'config') => ({
      ...{ from: 'file' as const, path: refs[name], size: contents[name].length },
      sha256: sha256Of(contents[name]),
    });
    const plan = planOf(path, { menu: content('menu'), config: content('config') });
    if (!options.dryRun) await run(host, plan, esp, names, options);
    return { plan, lines, warnings };
  });
}

/** What undoing puts in force: it is there already. */
function before(path: string, { before: { menu, config } }: ReadSettings): Changed {
  if (menu.length > 0) return { menu, config, lines: 0, warnings: [] };
  throw refused('nothing-to-undo', `${path} has no settings from before a change`, {
    hint: 'It was not changed yet, or has been started since.',
  });
}

interface Changed {
  readonly menu: Uint8Array;
  readonly config: Uint8Array;
  readonly lines: number;
  readonly warnings: readonly Diagnostic[];
}

async function changed(host: Host, request: EditRequest, read: ReadSettings): Promise<Changed> {
  const { bytes: menu, lines } = editedMenu(request.menu, read.current.menu);
  const { bytes: config, warnings } = await configOf(host, request, read);
  return { menu, config, lines, warnings };
}

async function configOf(host: Host, { config: path, allowNoLogin }: EditRequest, { current }: ReadSettings) {
  if (path === undefined) return { bytes: current.config, warnings: [] };
  // Reading a configuration takes most of the time that a process has; changing arguments does without.
  const { imageConfig, requireImageLogin } = await import('../cloud/cloud-config.ts');
  const config = await imageConfig(host, { config: path }, {});
  requireImageLogin({ allowNoLogin }, config);
  return config;
}

const planOf = (path: string, settings: EditSettings['settings']): Plan<EditSettings> => ({
  ...{ v: 1, operation: 'image-edit', target: path },
  steps: [{ id: 'edit-settings', kind: 'edit-settings', partition: refs.esp, settings }],
});

function run(
  host: Host,
  plan: Plan<EditSettings>,
  esp: BlockTarget,
  names: Readonly<Record<string, string>>,
  { emit, signal }: EditOptions,
): Promise<void> {
  return execute(
    plan,
    // One sector makes the image another one.
    { 'edit-settings': { ...editSettings, completes: true } },
    { host: withDiskAt(host, plan.target), outcome, emit, signal, names: { ...names, [refs.esp]: esp } },
  );
}
