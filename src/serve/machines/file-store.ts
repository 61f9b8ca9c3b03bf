/** All machines in one file: it is read at each request, and taken to pieces only when it differs from what it was. */
import type { Diagnostic } from '../../config/diagnostics.ts';
import type { Files } from '../../host/ports.ts';
import { whyNamed } from '../../host/system-error.ts';
import type { LocatedMap } from '../../kubernetes/schema/located.ts';
import { readMachine } from './machine.ts';
import { readSmallFile } from './read-file.ts';
import { faultAt, type MachineText, readMachineText } from './read-yaml.ts';
import { isMachineName, nameRule } from './schema.ts';
import type { Machine, MachineStore } from './store.ts';

/** All of them below `machines:` of one file. */
export function fileStore(files: Files, path: string): MachineStore {
  const [folder, file] = [/^(.*)\//s.exec(path)?.[1] ?? '.', path.replace(/^.*\//s, '')];
  let known: { readonly bytes: Buffer; readonly text: MachineText } | undefined;
  let made = new Map<string, Machine>();
  let listed: readonly Machine[] | undefined;

  async function current(): Promise<{
    readonly machines: LocatedMap | undefined;
    readonly text: MachineText;
  }> {
    let bytes: Buffer;
    try {
      bytes = await readSmallFile(files, path);
    } catch (error) {
      const message = `cannot be read: ${whyNamed(error)}`;
      const faults: Diagnostic[] = [{ severity: 'error', place: { file }, message }];
      return { machines: undefined, text: { file, text: '', root: undefined, faults } };
    }
    if (known === undefined || !known.bytes.equals(bytes)) {
      known = { bytes, text: withMachines(readMachineText(bytes, file)) };
      made = new Map();
      listed = undefined;
    }
    const { root } = known.text;
    const value = root?.kind === 'map' ? root.entries.get('machines')?.value : undefined;
    return { machines: value?.kind === 'map' ? value : undefined, text: known.text };
  }

  const machineOf = (
    name: string,
    machines: LocatedMap | undefined,
    text: MachineText,
  ): Machine | undefined => {
    const value = isMachineName(name) ? machines?.entries.get(name)?.value : undefined;
    if (value === undefined) return undefined;
    const machine = made.get(name) ?? { name, folder, ...readMachine(text, value) };
    made.set(name, machine);
    return machine;
  };
  return {
    get: async (name) => {
      const { machines, text } = await current();
      return machineOf(name, machines, text);
    },
    all: async () => {
      const { machines, text } = await current();
      const names = [...(machines?.entries.keys() ?? [])].filter(isMachineName).toSorted();
      listed ??= names.flatMap((name) => machineOf(name, machines, text) ?? []);
      return listed;
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
  if (machines?.value.kind === 'map' && machines.value.entries.size === 0)
    faults.push({
      ...faultAt(text, machines.keyOffset, file, 'has no machines; expected each below its name'),
      severity: 'warning',
    });
  for (const [key, { keyOffset }] of root.kind === 'map' ? root.entries : [])
    if (key !== 'machines') fault(keyOffset, `${key} is not a key of this file; expected machines`);
  return { ...source, faults };
}
