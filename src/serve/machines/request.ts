/** What a machine asks of an ISO: the same request that `opsctl iso remaster` makes of its options. */
import { createHash } from 'node:crypto';
import { replacement } from '../../boot/menus/argument-request.ts';
import { type Diagnostic, formatDiagnostic, hasErrors } from '../../config/diagnostics.ts';
import { parseConfigYaml } from '../../config/yaml/yaml.ts';
import { OpsError, usage } from '../../errors.ts';
import type { Files } from '../../host/ports.ts';
import { whyNamed } from '../../host/system-error.ts';
import { smallFile } from '../../iso/edit/local-file.ts';
import type { FileChange } from '../../iso/edit/patch-plan.ts';
import { imagePath, type RemasterRequest, volumeName } from '../../iso/request.ts';
import { installOf, type MachineSpec } from './machine.ts';
import { readSmallFile } from './read-file.ts';
import type { Machine, UsableMachine } from './store.ts';

export interface MachineRequest {
  readonly request: RemasterRequest;
  /** Another one for every other request. */
  readonly key: string;
  /** Versions of the files whose bytes are read while they are sent. */
  readonly versions: ReadonlyMap<string, string>;
}

/** Throws OpsError (usage) `machine-invalid`: a file that it names is missing, or not a configuration. */
export async function machineRequest(files: Files, machine: UsableMachine): Promise<MachineRequest> {
  const { spec } = machine;
  const versions = new Map<string, string>();
  const config = await configOf(files, machine);
  const put: FileChange[] = [];
  for (const file of spec.files ?? []) {
    const own = { path: imagePath(file.path), executable: file.executable === true };
    if (file.content !== undefined)
      put.push({ ...own, content: { kind: 'bytes', bytes: Buffer.from(file.content) } });
    else put.push({ ...own, ...(await contentOf(files, machine, file.source ?? '', versions, own)) });
  }
  const request: RemasterRequest = {
    menu: menuOf(spec),
    add: [],
    remove: (spec.remove ?? []).map(imagePath),
    put,
    ...(config === undefined ? {} : { checkedConfig: config }),
    ...(spec.volid === undefined ? {} : { volumeId: volumeName(spec.volid) }),
  };
  return { request, key: keyOf(request, versions), versions };
}

function menuOf(spec: MachineSpec): RemasterRequest['menu'] {
  const install = installOf(spec);
  return {
    append: spec.append_kargs ?? [],
    delete: spec.delete_kargs ?? [],
    replace: (spec.replace_kargs ?? []).map(replacement),
    ...(spec.entry === undefined ? {} : { entry: spec.entry }),
    ...(spec.after_separator === true ? { afterSeparator: true } : {}),
    ...(install === undefined ? {} : { install }),
  };
}

async function configOf(files: Files, machine: UsableMachine): Promise<Uint8Array | undefined> {
  const { config } = machine.spec;
  if (config === undefined || !('file' in config)) return config;
  const { bytes, diagnostics } = await readConfig(files, machine, config.file);
  if (hasErrors(diagnostics)) throw invalid(machine, diagnostics);
  return bytes;
}

async function readConfig(files: Files, machine: UsableMachine, name: string) {
  const path = await besideOf(files, machine, name, 'config');
  const bytes = await readSmallFile(files, path).catch((error: unknown) => {
    throw unreadable(machine, name, 'config', error);
  });
  return { bytes, diagnostics: parseConfigYaml(bytes, name, 'system').diagnostics };
}

/** What is wrong with a machine, in lines; the files that it names are looked at, too. */
export async function lookedAt(
  files: Files,
  machine: Machine,
): Promise<{ readonly faults: readonly string[]; readonly served: boolean }> {
  const { spec } = machine;
  const faults = machine.faults.map(formatDiagnostic);
  if (spec === undefined) return { faults, served: false };
  const usable = { ...machine, spec };
  const { config, files: wanted = [] } = spec;
  let served = true;
  const look = async (work: () => Promise<readonly Diagnostic[]>) => {
    try {
      const told = await work();
      served &&= !hasErrors(told);
      faults.push(...told.filter(({ severity }) => severity !== 'note').map(formatDiagnostic));
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      served = false;
      faults.push(...error.details);
    }
  };
  if (config !== undefined && 'file' in config)
    await look(async () => (await readConfig(files, usable, config.file)).diagnostics);
  for (const { source } of wanted)
    if (source !== undefined)
      await look(async () => {
        await besideOf(files, usable, source, 'files');
        return [];
      });
  return { faults, served };
}

export const invalid = ({ name }: { readonly name: string }, faults: readonly Diagnostic[]) =>
  usage('machine-invalid', `The machine ${name} has ${faults.length === 1 ? 'a fault' : 'faults'}`, {
    details: faults.filter(({ severity }) => severity === 'error').map(formatDiagnostic),
  });

const unreadable = (machine: UsableMachine, file: string, key: string, error: unknown) =>
  invalid(machine, [
    { severity: 'error', place: { file }, key, message: `cannot be read: ${whyNamed(error)}` },
  ]);

/** The real path of a file that stands beside a machine's, or in a folder there. */
async function besideOf(files: Files, machine: UsableMachine, name: string, key: string): Promise<string> {
  const { folder } = machine;
  const refuse = (why: string) =>
    invalid(machine, [{ severity: 'error', place: { file: name }, key, message: why }]);
  const parts = name.split('/');
  if (name === '' || name.includes('\0') || parts.some((part) => ['', '.', '..'].includes(part)))
    throw refuse('expected the name of a file beside that of the machine, without .. and /');
  try {
    const [real, top] = [await files.realPath(`${folder}/${name}`), await files.realPath(folder)];
    if (!real.startsWith(`${top === '/' ? '' : top}/`))
      throw refuse('leads out of the folder of the machines');
    if ((await files.stat(real))?.type !== 'file') throw refuse('is not a file');
    return real;
  } catch (error) {
    if (error instanceof Error && error.name === 'OpsError') throw error;
    throw unreadable(machine, name, key, error);
  }
}

async function contentOf(
  files: Files,
  machine: UsableMachine,
  source: string,
  versions: Map<string, string>,
  given: { readonly executable: boolean },
): Promise<Pick<FileChange, 'content' | 'executable'>> {
  const path = await besideOf(files, machine, source, 'files');
  const stat = await files.stat(path);
  const executable = given.executable || ((stat?.mode ?? 0) & 0o111) !== 0;
  const size = stat?.size ?? 0;
  if (size <= smallFile) {
    const bytes = await files.read(path).catch((error: unknown) => {
      throw unreadable(machine, source, 'files', error);
    });
    return { executable, content: { kind: 'bytes', bytes } };
  }
  versions.set(path, (await files.versionOf(path)) ?? '');
  return { executable, content: { kind: 'file', path, size } };
}

function keyOf(request: RemasterRequest, versions: ReadonlyMap<string, string>): string {
  const { checkedConfig, put = [], ...rest } = request;
  const plain = {
    ...rest,
    config: checkedConfig === undefined ? null : digestOf(checkedConfig),
    put: put.map(({ content, ...change }) => [
      change,
      content?.kind === 'bytes' ? digestOf(content.bytes) : content,
    ]),
    versions: [...versions],
  };
  return digestOf(Buffer.from(JSON.stringify(plain)));
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url');
