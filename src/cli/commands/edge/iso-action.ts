/** What `opsctl edge iso` does. Few imports: the whole process is to take hardly longer than starting Node.js. */
import { hasErrors } from '../../../config/diagnostics.ts';
import { usage } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { fileChange, readable } from '../../../iso/edit/local-file.ts';
import { remaster } from '../../../iso/remaster.ts';
import { type EdgeFiles, edgeRequest } from '../../../palette/edge/media/edge-request.ts';
import { clusterConfigPath } from '../../../palette/edge/media/places.ts';
import type { CommandAction, OptionValues } from '../../command.ts';
import { diagnosticRow, faultsFound, tellFaults } from '../diagnostics-report.ts';
import { outputOf, remasterText } from '../iso/remaster-output.ts';
import { type ReadUserData, readUserData, reasonsHint } from './read-user-data.ts';

/** Throws OpsError: what `remaster` and `edgeRequest` throw, (usage) `edge-nothing`, `user-data-invalid` and others. */
export const edgeIso: CommandAction = async (context, [given], options) => {
  const { host, terminal, signal } = context;
  const iso = String(given);
  const userData = await givenUserData(host, options);
  const files = await filesOf(host, options, userData);
  const diagnostics = userData?.diagnostics ?? [];
  const isTrue = (name: string) => options[name] === true;
  const result = await remaster({
    ...{ host, rebuildHost: context.workstation, iso, signal, dryRun: isTrue('dryRun') },
    ...outputOf(context, options),
    request: (image) =>
      edgeRequest(host, image, iso, files, {
        split: isTrue('splitContent'),
        replace: isTrue('replace'),
        force: isTrue('force'),
      }),
  });
  const notes = [...result.notes, ...(await ownNotes(host, iso, options, files, userData))];
  const mode = userData?.mode ?? null;
  const told = { ...result, notes };
  const json = isTrue('json');
  if (!json) tellFaults(terminal, diagnostics);
  const text = json
    ? `${JSON.stringify({ v: 1, ...told, mode, diagnostics: diagnostics.map(diagnosticRow) })}\n`
    : remasterText(told, options, terminal.columns);
  if (options.output === '-') terminal.err(text);
  else terminal.out(text);
  return 0;
};

/** Throws `user-data-invalid` (usage) with all that is wrong. */
async function givenUserData(host: Host, { userData }: OptionValues): Promise<ReadUserData | undefined> {
  if (userData === undefined) return undefined;
  const read = await readUserData(host, String(userData), {});
  if (hasErrors(read.diagnostics)) throw faultsFound('user-data-invalid', read.diagnostics, reasonsHint);
  return read;
}

/** Reads and checks everything else. */
async function filesOf(
  host: Host,
  options: OptionValues,
  userData: ReadUserData | undefined,
): Promise<EdgeFiles> {
  const { content = [], clusterConfig, customConfig } = options;
  const places = content as readonly string[];
  if ([userData, clusterConfig, customConfig].every((one) => one === undefined) && places.length === 0)
    throw usage('edge-nothing', 'No files were given', {
      hint: "For example --user-data FILE. See 'opsctl edge iso --help'.",
    });
  const { findBundles } = await import('../../../palette/edge/media/content.ts');
  return {
    ...(userData === undefined ? {} : { userData: userData.bytes }),
    content: await findBundles(host.files, places),
    ...(clusterConfig === undefined ? {} : await gzipFile(host, String(clusterConfig))),
    ...(customConfig === undefined ? {} : { customConfig: await customFile(host, String(customConfig)) }),
  };
}

/** Throws `cluster-config-invalid` (usage) for what is not packed as `spc.tgz` is. */
async function gzipFile(host: Host, named: string): Promise<Pick<EdgeFiles, 'clusterConfig'>> {
  const { content } = await fileChange(host, named, clusterConfigPath);
  const head = content?.kind === 'bytes' ? content.bytes : await headOf(host, named);
  // RFC 1952, 2.3.1
  if (head[0] !== 0x1f || head[1] !== 0x8b)
    throw usage('cluster-config-invalid', `${named} is not a cluster configuration: expected a .tgz file`, {
      hint: 'Export it from a cluster profile in Palette; it is called spc.tgz.',
    });
  return content === undefined ? {} : { clusterConfig: content };
}

async function headOf(host: Host, path: string): Promise<Uint8Array> {
  const file = await host.files.open(path, 'r');
  try {
    return await file.read(0, 2);
  } finally {
    await file.close();
  }
}

async function customFile(host: Host, named: string): Promise<Uint8Array> {
  const { requireCustomConfig } = await import('../../../palette/edge/media/custom-config.ts');
  const bytes = await readable(host, named);
  requireCustomConfig(bytes, named);
  return bytes;
}

/** What a person should know of this kind of medium. */
async function ownNotes(
  host: Host,
  iso: string,
  options: OptionValues,
  { content }: EdgeFiles,
  userData: ReadUserData | undefined,
): Promise<readonly string[]> {
  const notes: string[] = [];
  if (userData?.mode === 'airgap' && content.length === 0)
    notes.push('Without --content an airgap host needs its images by Local UI, unless the ISO has them.');
  const checksum = `${iso}.sha256`;
  if (options.output === undefined && (await host.files.exists(checksum)))
    notes.push(`${checksum} is of the ISO as it was; sha256sum makes a new one.`);
  return notes;
}
