/**
 * The machines of a folder, a file each. Each request looks at the times of the files, and reads those that have changed:
 * of a thousand files that takes a tenth of the time of reading them.
 */
import { type Diagnostic, hasErrors } from '../../config/diagnostics.ts';
import { errorCode } from '../../errors.ts';
import type { Files } from '../../host/ports.ts';
import { whyNamed } from '../../host/system-error.ts';
import { type ReadMachine, readMachine } from './machine.ts';
import { passedOver } from './passed-over.ts';
import { readSmallFile } from './read-file.ts';
import { readMachineText } from './read-yaml.ts';
import { runShared } from './run-shared.ts';
import { isMachineName } from './schema.ts';
import type { Machine, MachineStore } from './store.ts';

const endings = ['.yaml', '.yml'] as const;
/** Files read at a time. */
const atOnce = 16;

interface Kept {
  /** Undefined for one that had to be read again though it may be the same. */
  readonly version: string | undefined;
  readonly bytes: Buffer;
  readonly machine: Machine;
}

/** Each `NAME.yaml` directly in the folder is a machine, unless another one names that file. */
export function folderStore(files: Files, folder: string): MachineStore {
  const kept = new Map<string, Kept>();
  let listed: { readonly of: readonly Machine[]; readonly machines: readonly Machine[] } | undefined;
  let faults: readonly Diagnostic[] = [];
  /** Where it lies is nothing for who asks. */
  const shown = folder.replace(/^.*\/(?=.)/s, '');

  /** What was read of a file that is the same as then. */
  function same(file: string, version: string | undefined): Machine | undefined {
    const known = kept.get(file);
    return version !== undefined && known?.version === version ? known.machine : undefined;
  }

  /** `version` is what the file had before it is read: what changes meanwhile has another one at the next request. */
  async function read(file: string, version: string | undefined): Promise<Machine | undefined> {
    const name = nameOf(file);
    const path = `${folder}/${file}`;
    const bytes = await bytesOf(files, path);
    if (!Buffer.isBuffer(bytes)) {
      kept.delete(file);
      return bytes && { name, folder, ...unreadable(file, bytes.why) };
    }
    const known = kept.get(file);
    const machine = known?.bytes.equals(bytes) ? known.machine : machineOf(folder, file, bytes);
    kept.set(file, { version, bytes, machine });
    return machine;
  }

  const all = runShared(async (): Promise<readonly Machine[]> => {
    const { names: everything, why } = await namesIn(files, folder, shown);
    const names = everything.filter((file) => /\.ya?ml$/.test(file) && isMachineName(nameOf(file)));
    const there = new Set(names);
    for (const file of kept.keys()) if (!there.has(file)) kept.delete(file);
    const versions = await files.versionsOf(names.map((file) => `${folder}/${file}`));
    const machines = names.map((file, index) => same(file, versions[index]));
    const changed = [...machines.keys()].filter((index) => machines[index] === undefined);
    const again = async (index: number) => {
      machines[index] = await read(names[index] ?? '', versions[index]);
    };
    for (let start = 0; start < changed.length; start += atOnce)
      await Promise.all(changed.slice(start, start + atOnce).map(again));
    const found = machines.filter((machine) => machine !== undefined);
    if (listed === undefined || !sameItems(listed.of, found))
      listed = { of: found, machines: ownOf(found, there) };
    faults = why ?? passedOver(shown, everything, found, listed.machines);
    return listed.machines;
  });

  return {
    all,
    faults: async () => {
      // As of the last list; a folder that could not be read may be back.
      if (listed === undefined || hasErrors(faults)) await all();
      return faults;
    },
    get: async (name) => {
      if (!isMachineName(name)) return undefined;
      const names = endings.map((ending) => `${name}${ending}`);
      const versions = await files.versionsOf(names.map((file) => `${folder}/${file}`));
      for (const [index, file] of names.entries()) {
        const machine = same(file, versions[index]) ?? (await read(file, versions[index]));
        if (machine?.spec !== undefined) return machine;
        if (machine !== undefined) return (await all()).find((other) => other.name === name);
      }
      return undefined;
    },
  };
}

/** Undefined for a file that went while the folder was read; a link that leads nowhere is there. */
async function bytesOf(files: Files, path: string): Promise<Buffer | { readonly why: string } | undefined> {
  try {
    return await readSmallFile(files, path);
  } catch (error) {
    const isGone = errorCode(error) === 'ENOENT' && (await files.stat(path))?.type !== 'symlink';
    return isGone ? undefined : { why: whyNamed(error) };
  }
}

/** `why` it cannot be read. No names are also what there is of a folder that is not there. */
async function namesIn(
  files: Files,
  folder: string,
  shown: string,
): Promise<{ readonly names: readonly string[]; readonly why?: readonly Diagnostic[] }> {
  const unread = (why: string) => ({ names: [], why: [fault(shown, `cannot be read: ${why}`)] });
  try {
    const names = await files.list(folder);
    const isThere =
      names.length > 0 || (await files.stat(await files.realPath(folder)))?.type === 'directory';
    return isThere ? { names } : unread('it is not a folder any more');
  } catch (error) {
    return unread(whyNamed(error));
  }
}

const nameOf = (file: string): string => file.replace(/\.ya?ml$/, '');

function machineOf(folder: string, file: string, bytes: Buffer): Machine {
  const text = readMachineText(bytes, file);
  const found = text.root === undefined ? undefined : readMachine(text, text.root);
  return { name: nameOf(file), folder, ...merged(found, text.faults) };
}

const sameItems = (some: readonly Machine[], others: readonly Machine[]): boolean =>
  some.length === others.length && some.every((machine, index) => machine === others[index]);

/** In order of their names, without what others name: that is a configuration of theirs. Of `.yaml` and `.yml` the first. */
function ownOf(found: readonly Machine[], files: ReadonlySet<string>): readonly Machine[] {
  const named = new Set(found.flatMap(({ beside }) => beside));
  const fileOf = (name: string) =>
    endings.map((ending) => `${name}${ending}`).find((file) => files.has(file)) ?? name;
  const own = new Map<string, Machine>();
  for (const machine of found) {
    const { name, spec } = machine;
    const isConfig = spec === undefined && named.has(fileOf(name));
    if (!isConfig && !own.has(name)) own.set(name, machine);
  }
  return [...own.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

const unreadable = (file: string, why: string): ReadMachine => ({
  ...{ spec: undefined, token: undefined, macs: [], serial: undefined, beside: [] },
  faults: [fault(file, `cannot be read: ${why}`)],
});

const fault = (file: string, message: string): Diagnostic => ({
  severity: 'error',
  place: { file },
  message,
});

function merged(found: ReadMachine | undefined, more: readonly Diagnostic[]): ReadMachine {
  const { spec, token, macs = [], serial, faults = [], beside = [] } = found ?? {};
  const all = [...more, ...faults];
  return { spec: hasErrors(all) ? undefined : spec, token, macs, serial, faults: all, beside };
}
