/** What `opsctl pack build`, `push` and `pull` do. */
import { basename, resolve } from 'node:path';
import { hasErrors } from '../../../config/diagnostics.ts';
import { refused, usage } from '../../../errors.ts';
import { formatBytes } from '../../../formats/size.ts';
import { requireFolder } from '../../../host/output-place.ts';
import type { Host } from '../../../host/ports.ts';
import { renderReference } from '../../../oci/reference.ts';
import { withTemporary } from '../../../operation/outcome.ts';
import { archiveTitle, type BuiltArchive, buildArchive } from '../../../palette/registry/build-archive.ts';
import { existingArchive, nameOf, type OpenedPack, openPack } from '../../../palette/registry/open-pack.ts';
import { packReference, parsePackRegistry } from '../../../palette/registry/pack-reference.ts';
import { pullPack } from '../../../palette/registry/pull.ts';
import { type PushedPack, pushPack } from '../../../palette/registry/push.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { tellResult } from '../../terminal/list-lines.ts';
import { tellFaults } from '../diagnostics-report.ts';
import { finish, networked, transfer } from '../oci/transfer.ts';
import { packsInvalid } from './validate-action.ts';

/** Throws OpsError: `pack-invalid` (usage), `output-exists`, `output-folder` (refused), and what `openPack` throws. */
export const packBuild: CommandAction = async (context, [given], options) => {
  const { host, terminal } = context;
  const pack = await checkedPack(context, String(given));
  if (pack.archive !== undefined)
    throw usage('pack-archive', `${String(given)} is an archive already`, {
      hint: 'Name the folder of a pack.',
    });
  await requireFolder(host, String(options.output));
  const folder = resolve(host.system.cwd(), String(options.output));
  const output = `${folder === '/' ? '' : folder}/${archiveTitle(nameOf(pack))}`;
  if (options.force !== true && (await host.files.stat(output)) !== undefined)
    throw refused('output-exists', `${output} exists`, { hint: 'Give another --output, or add --force.' });
  const built = await buildArchive(host, { content: pack.content, folder: pack.path }, nameOf(pack), output);
  if (options.json === true) {
    const { path, digest, size } = built;
    terminal.out(`${JSON.stringify({ v: 1, path, digest, size }, null, 2)}\n`);
  } else tellResult(terminal, `${built.path}: ${formatBytes(built.size)}, ${built.digest}`);
  return 0;
};

/** Throws OpsError: `pack-invalid`, `pack-message`, `pack-registry` (usage), and what `pushPack` throws. */
export const packPush: CommandAction = async (context, [given, registry], options) => {
  const where = parsePackRegistry(String(registry));
  const message = messageOf(options);
  const host = await networked(context, options);
  const pack = await checkedPack(context, String(given));
  if (pack.archive !== undefined && message !== undefined && !saysMessage(pack))
    throw usage(
      'pack-message',
      'The message becomes a part of pack.json, and an archive is pushed as it is',
      {
        hint: 'Push the folder, or build the archive from a pack.json with "commit_msg".',
      },
    );
  const name = nameOf(pack);
  const place = renderReference(packReference(where, name.name, name.version));
  const push = (archive: BuiltArchive) =>
    transfer(context, options, `Send the pack to ${place}`, (transferring) =>
      pushPack(
        host,
        { where, pack: name, archive, force: options.force === true, plainHttp: options.plainHttp === true },
        transferring,
      ),
    );
  const pushed =
    pack.archive !== undefined
      ? await push(existingArchive(pack, pack.archive))
      : await withBuilt(host, pack, message, push);
  finish(context, options, pushedWords(pushed));
  return 0;
};

function pushedWords({ how, reference, bytes }: PushedPack): string {
  if (how === 'there') return `Nothing to do: ${reference} is there already.`;
  return `${reference} is ${how}: ${formatBytes(bytes)}.`;
}

/** A pack is replaced with a reason alone. */
function messageOf({ force, message }: OptionValues): string | undefined {
  const text = message === undefined ? undefined : String(message).trim();
  if (force === true && (text === undefined || text === ''))
    throw usage('pack-message', '--force needs a message that says why', { hint: 'Add --message TEXT.' });
  if (text !== undefined && force !== true)
    throw usage('pack-message', '--message is for --force alone', { hint: 'Leave it out, or add --force.' });
  return text;
}

const saysMessage = ({ content }: OpenedPack): boolean =>
  Buffer.from(content.contents.get('pack.json') ?? [])
    .toString('utf8')
    .includes('"commit_msg"');

async function withBuilt(
  host: Host,
  pack: OpenedPack,
  message: string | undefined,
  work: (archive: BuiltArchive) => Promise<PushedPack>,
): Promise<PushedPack> {
  const folder = await host.files.makeTempDir('bos-pack-');
  const temporary = {
    what: folder,
    remove: () => host.files.remove(folder),
    cleanupFailed: 'The pack is pushed; remove that folder by hand.',
  };
  return withTemporary(temporary, async () => {
    const name = nameOf(pack);
    const source = { content: pack.content, folder: pack.path, message };
    return work(await buildArchive(host, source, name, `${folder}/${archiveTitle(name)}`));
  });
}

/** Warnings are said; errors refuse it. */
async function checkedPack({ host, terminal }: CommandContext, given: string): Promise<OpenedPack> {
  const place = given.replace(/(?<=.)\/+$/, '');
  const pack = await openPack(host, resolve(host.system.cwd(), place), place);
  const { findings } = pack.validation;
  if (hasErrors(findings)) throw packsInvalid(findings);
  tellFaults(terminal, findings);
  return pack;
}

/** Throws OpsError: `pack-version`, `pack-registry` (usage), `output-folder` (refused), and what `pullPack` throws. */
export const packPull: CommandAction = async (context, [given, registry], options) => {
  const where = parsePackRegistry(String(registry));
  const [, name = '', version = ''] = /^([^:]+):([^:]+)$/.exec(String(given)) ?? [];
  if (version === '')
    throw usage('pack-version', `"${String(given)}" is not a pack with its version`, {
      hint: 'Write NAME:VERSION; `opsctl pack list` shows what there is.',
    });
  await requireFolder(context.host, String(options.output));
  const host = await networked(context, options);
  const pulled = await transfer(
    context,
    options,
    `Fetch ${renderReference(packReference(where, name, version))}`,
    (transferring) =>
      pullPack(
        host,
        {
          ...{ where, pack: { name, version }, folder: resolve(host.system.cwd(), String(options.output)) },
          ...{ unpack: options.unpack === true, force: options.force === true },
          plainHttp: options.plainHttp === true,
        },
        transferring,
      ),
  );
  const { path, reference, bytes } = pulled;
  finish(context, options, `${path} holds ${basename(reference)}: ${formatBytes(bytes)}.`);
  return 0;
};
