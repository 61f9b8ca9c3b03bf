/**
 * The machines of a folder, a file each, or of one file. Nothing of it is believed for longer than a request: what is
 * read is compared with what was read before, and taken to pieces only when it differs.
 */
import { type Diagnostic, hasErrors } from '../../config/diagnostics.ts';
import { errorCode } from '../../errors.ts';
import { withoutTrailing } from '../../formats/trailing.ts';
import type { Files } from '../../host/ports.ts';
import { whyNamed } from '../../host/system-error.ts';
import type { LocatedMap } from '../../kubernetes/schema/located.ts';
import { type MachineSpec, type ReadMachine, readMachine } from './machine.ts';
import { faultAt, type MachineText, readMachineText } from './read-yaml.ts';
import { isMachineName, nameRule } from './schema.ts';

export interface Machine extends ReadMachine {
  readonly name: string;
  /** Files that it names are there. */
  readonly folder: string;
}

export interface UsableMachine extends Machine {
  readonly spec: MachineSpec;
}

export interface MachineStore {
  /** In order of their names. */
  all(): Promise<readonly Machine[]>;
  /** Undefined for a name that there is not. */
  get(name: string): Promise<Machine | undefined>;
  /** Faults that belong to no machine. */
  faults(): Promise<readonly Diagnostic[]>;
}

const endings = ['.yaml', '.yml'] as const;
/** Files read at a time. */
const atOnce = 16;

interface Kept {
  readonly bytes: Buffer;
  readonly machine: Machine;
}

/** Each `NAME.yaml` directly in the folder is a machine, unless another one names that file. */
export function folderStore(files: Files, folder: string): MachineStore {
  const kept = new Map<string, Kept>();

  async function read(file: string): Promise<Machine | undefined> {
    const name = file.replace(/\.ya?ml$/, '');
    const path = `${folder}/${file}`;
    let bytes: Buffer;
    try {
      // A pipe that was put there would be waited for.
      if ((await files.stat(await files.realPath(path)))?.type !== 'file') return undefined;
      bytes = await files.read(path);
    } catch (error) {
      kept.delete(file);
      if (errorCode(error) === 'ENOENT') return undefined;
      return unreadable(name, file, whyNamed(error));
    }
    const known = kept.get(file);
    if (known?.bytes.equals(bytes)) return known.machine;
    const text = readMachineText(bytes, file);
    const found = text.root === undefined ? undefined : readMachine(text, text.root);
    const machine = { name, folder, ...merged(found, text.faults) };
    kept.set(file, { bytes, machine });
    return machine;
  }

  const unreadable = (name: string, file: string, why: string): Machine => ({
    ...{ name, folder, spec: undefined, token: undefined, beside: [] },
    faults: [{ severity: 'error', place: { file }, message: `cannot be read: ${why}` }],
  });

  async function all(): Promise<readonly Machine[]> {
    const names = (await files.list(folder)).filter(
      (file) => /\.ya?ml$/.test(file) && isMachineName(file.replace(/\.ya?ml$/, '')),
    );
    for (const file of kept.keys()) if (!names.includes(file)) kept.delete(file);
    const found: Machine[] = [];
    for (let start = 0; start < names.length; start += atOnce)
      for (const machine of await Promise.all(names.slice(start, start + atOnce).map(read)))
        if (machine !== undefined) found.push(machine);
    // What another one names is its configuration.
    const named = new Set(found.flatMap(({ beside }) => beside));
    const own = found.filter(({ name, spec }) => spec !== undefined || !named.has(fileOf(names, name)));
    return own
      .filter(({ name }, index) => own.findIndex((other) => other.name === name) === index)
      .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  return {
    all,
    faults: async () => [],
    get: async (name) => {
      if (!isMachineName(name)) return undefined;
      for (const ending of endings) {
        const machine = await read(`${name}${ending}`);
        if (machine?.spec !== undefined) return machine;
        if (machine !== undefined) return (await all()).find((other) => other.name === name);
      }
      return undefined;
    },
  };
}

const fileOf = (names: readonly string[], name: string): string =>
  endings.map((ending) => `${name}${ending}`).find((file) => names.includes(file)) ?? name;

function merged(found: ReadMachine | undefined, more: readonly Diagnostic[]): ReadMachine {
  const { spec, token, faults = [], beside = [] } = found ?? {};
  const all = [...more, ...faults];
  return { spec: hasErrors(all) ? undefined : spec, token, faults: all, beside };
}

/** All of them below `machines:` of one file. */
export function fileStore(files: Files, path: string): MachineStore {
  const [folder, file] = [/^(.*)\//s.exec(path)?.[1] ?? '.', path.replace(/^.*\//s, '')];
  let known: { readonly bytes: Buffer; readonly text: MachineText } | undefined;
  let made = new Map<string, Machine>();

  async function current(): Promise<{
    readonly machines: LocatedMap | undefined;
    readonly text: MachineText;
  }> {
    let bytes: Buffer;
    try {
      bytes = await files.read(path);
    } catch (error) {
      const message = `cannot be read: ${whyNamed(error)}`;
      const faults: Diagnostic[] = [{ severity: 'error', place: { file }, message }];
      return { machines: undefined, text: { file, text: '', root: undefined, faults } };
    }
    if (known === undefined || !known.bytes.equals(bytes)) {
      known = { bytes, text: withMachines(readMachineText(bytes, file)) };
      made = new Map();
    }
    const { root } = known.text;
    const value = root?.kind === 'map' ? root.entries.get('machines')?.value : undefined;
    return { machines: value?.kind === 'map' ? value : undefined, text: known.text };
  }

  const get = async (name: string): Promise<Machine | undefined> => {
    const { machines, text } = await current();
    const value = isMachineName(name) ? machines?.entries.get(name)?.value : undefined;
    if (value === undefined) return undefined;
    const machine = made.get(name) ?? { name, folder, ...readMachine(text, value) };
    made.set(name, machine);
    return machine;
  };
  return {
    get,
    all: async () => {
      const { machines } = await current();
      const names = [...(machines?.entries.keys() ?? [])].filter(isMachineName).toSorted();
      const found = await Promise.all(names.map(get));
      return found.filter((machine) => machine !== undefined);
    },
    faults: async () => (await current()).text.faults,
  };
}

/** With what is wrong around the machines; a machine beside such a fault can be used. */
function withMachines(source: MachineText): MachineText {
  const { text, file, root } = source;
  if (root === undefined) return source;
  const faults = [...source.faults];
  const fault = (offset: number, message: string) => {
    faults.push(faultAt(text, offset, file, message));
  };
  const machines = root.kind === 'map' ? root.entries.get('machines') : undefined;
  if (machines?.value.kind !== 'map')
    fault(
      machines?.keyOffset ?? root.offset,
      'expected machines, each below its name: `machines: {NAME: {…}}`',
    );
  else
    for (const [name, { keyOffset }] of machines.value.entries)
      if (!isMachineName(name)) fault(keyOffset, `is not a name of a machine: ${nameRule}`);
  for (const [key, { keyOffset }] of root.kind === 'map' ? root.entries : [])
    if (key !== 'machines') fault(keyOffset, `${key} is not a key of this file; expected machines`);
  return { ...source, faults };
}

/** A folder, or one file. Throws what looking at it does. */
export async function openStore(files: Files, path: string): Promise<MachineStore> {
  const real = await files.realPath(path);
  const isFolder = (await files.stat(real))?.type === 'directory';
  return isFolder ? folderStore(files, withoutTrailing(path, '/') || '/') : fileStore(files, path);
}
