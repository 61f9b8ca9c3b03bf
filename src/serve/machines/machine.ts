/** One machine out of a text: its keys, checked, or what is wrong with them. Pure. */
import type { z } from 'zod';
import { kernelWords } from '../../boot/command-line.ts';
import { replacement } from '../../boot/menus/argument-request.ts';
import { type Diagnostic, hasErrors } from '../../config/diagnostics.ts';
import { didYouMean } from '../../config/nearest.ts';
import { messageOf, OpsError } from '../../errors.ts';
import { configPath } from '../../iso/edit/edits.ts';
import { installWords } from '../../iso/edit/menu-edits.ts';
import { imagePath, type MenuRequest, volumeName } from '../../iso/request.ts';
import { type Located, type LocatedMap, offsetAt, valueAt } from '../../kubernetes/schema/located.ts';
import { inlineConfig } from './inline-config.ts';
import { faultAt, type MachineText, plainValue } from './read-yaml.ts';
import { type MachineKeys, machineKeys, machineSchema, macsOf, serialOf } from './schema.ts';

export interface MachineSpec extends MachineKeys {
  /** Of a configuration that stands in the text. */
  readonly config: Uint8Array | { readonly file: string } | undefined;
}

export interface ReadMachine {
  /** Undefined when there are errors. */
  readonly spec: MachineSpec | undefined;
  /** What the text says of it, whether or not the rest can be used. */
  readonly token: string | undefined;
  /** As `canonicalMac` writes them; also of one that cannot be used, which then says why. */
  readonly macs: readonly string[];
  readonly serial: string | undefined;
  /** Errors and warnings. */
  readonly faults: readonly Diagnostic[];
  /** Names of files that it wants beside its own. */
  readonly beside: readonly string[];
}

/** `faultOf` gives a fault at a path of the machine, or at an offset where that is another place. */
type FaultOf = (path: readonly (string | number)[], message: string, offset?: number) => Diagnostic;

export function readMachine(source: MachineText, value: Located): ReadMachine {
  const { text, file } = source;
  const faultOf: FaultOf = (path, message, offset = offsetAt(value, path)) => {
    const key = shownPath(path);
    const found = faultAt(text, offset, file, message);
    return key === '' ? found : { ...found, key };
  };
  const empty = { spec: undefined, token: undefined, macs: [], serial: undefined, beside: [] };
  if (value.kind === 'word' && value.value === null)
    return { ...empty, spec: { config: undefined }, faults: [] };
  if (value.kind !== 'map')
    return { ...empty, faults: [faultOf([], `expected keys of a machine, found ${described(value)}`)] };
  const { config, ...keys } = plainValue(value) as Record<string, unknown>;
  const parsed = machineSchema.safeParse(keys);
  const given = configOf(source, value, config, faultOf);
  const faults = parsed.success
    ? [...given.faults, ...meaningFaults(parsed.data, given.config !== undefined, faultOf)]
    : [...given.faults, ...parsed.error.issues.flatMap((issue) => schemaFaults(issue, value, faultOf))];
  const token = typeof keys.token === 'string' ? keys.token : undefined;
  const beside = [
    ...(given.config !== undefined && 'file' in given.config ? [given.config.file] : []),
    ...(parsed.data?.files ?? []).flatMap((entry) => (entry.source === undefined ? [] : [entry.source])),
  ];
  const known = { token, macs: macsOf(keys.mac), serial: serialOf(keys.serial), faults, beside };
  if (!parsed.success || hasErrors(faults)) return { spec: undefined, ...known };
  return { spec: { ...parsed.data, config: given.config }, ...known };
}

const shownPath = (path: readonly (string | number)[]): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');

function configOf(
  { text, file }: MachineText,
  machine: LocatedMap,
  config: unknown,
  faultOf: FaultOf,
): { readonly config: MachineSpec['config']; readonly faults: readonly Diagnostic[] } {
  const found = machine.entries.get('config')?.value;
  if (found === undefined || (found.kind === 'word' && config === null))
    return { config: undefined, faults: [] };
  if (typeof config === 'string') return { config: { file: config }, faults: [] };
  if (found.kind !== 'map') {
    const message = `expected a configuration or the name of a file, found ${described(found)}`;
    return { config: undefined, faults: [faultOf(['config'], message)] };
  }
  const { bytes, faults } = inlineConfig(text, found, file);
  return { config: bytes, faults };
}

const kinds: Readonly<Record<string, string>> = {
  ...{ string: 'text', array: 'a list', object: 'keys', record: 'keys', boolean: 'true or false' },
  number: 'a number',
};

/** Values can be secrets: only their kind is told. */
function described(value: Located | undefined): string {
  if (value === undefined) return 'nothing';
  if (value.kind !== 'word') return value.kind === 'map' ? 'keys' : 'a list';
  if (value.value === null) return 'nothing';
  return kinds[typeof value.value] ?? 'something else';
}

function schemaFaults(issue: z.core.$ZodIssue, machine: Located, faultOf: FaultOf): Diagnostic[] {
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const known = path.length === 0 ? machineKeys : ['path', 'source', 'content', 'executable'];
    const where = path.length === 0 ? 'a machine' : 'a file';
    const map = valueAt(machine, path);
    const placeOf = (key: string) => (map?.kind === 'map' ? map.entries.get(key)?.keyOffset : undefined);
    return issue.keys.map((key) =>
      faultOf([...path, key], `is not a key of ${where}${didYouMean(key, known)}`, placeOf(key)),
    );
  }
  const found = described(valueAt(machine, path));
  if (issue.code === 'invalid_type') {
    const quoted = issue.expected === 'string' && /^(a number|true or false)$/.test(found);
    const advice = quoted ? '; write it in quotes' : '';
    return [faultOf(path, `expected ${kinds[issue.expected] ?? issue.expected}, found ${found}${advice}`)];
  }
  if (issue.code === 'invalid_union') {
    const expected =
      path[0] === 'mac' ? 'a MAC address or a list of them' : 'text, a number, or true or false';
    return [faultOf(path, `expected ${expected}, found ${found === 'text' ? 'other text' : found}`)];
  }
  return [faultOf(path, issue.message)];
}

/** What the schema cannot say: what the editor of ISOs asks of each value. */
function meaningFaults(keys: MachineKeys, hasConfig: boolean, faultOf: FaultOf): Diagnostic[] {
  const faults: Diagnostic[] = [];
  const check = (path: readonly (string | number)[], work: () => unknown) => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      faults.push(faultOf(path, saidOf(error)));
    }
  };
  for (const name of ['append_kargs', 'delete_kargs'] as const)
    keys[name]?.forEach((argument, index) => void check([name, index], () => kernelWords(argument)));
  keys.replace_kargs?.forEach((text, index) => {
    // The message of the command line quotes what may be a secret.
    const wrong = (): Diagnostic =>
      faultOf(['replace_kargs', index], 'expected OLD=NEW, both whole arguments');
    if (!isWhole(() => replacement(text))) faults.push(wrong());
  });
  keys.files?.forEach(({ path }, index) => void check(['files', index, 'path'], () => imagePath(path)));
  faults.push(...twiceFaults(keys, hasConfig, faultOf));
  keys.remove?.forEach((path, index) => void check(['remove', index], () => imagePath(path)));
  if (keys.volid !== undefined) check(['volid'], () => volumeName(keys.volid ?? ''));
  for (const setting of installOf(keys) ?? []) {
    const path = ['install', setting.name];
    const isKnown = isWhole(() => installWords([setting]), 'install-setting');
    if (!isKnown) faults.push(faultOf(path, 'is not an installer setting'));
    else check(path, () => installWords([setting]));
  }
  return faults;
}

/** Paths that get two files: one of them would be lost. */
function twiceFaults({ files = [] }: MachineKeys, hasConfig: boolean, faultOf: FaultOf): Diagnostic[] {
  const taken = new Map(hasConfig ? [[configPath, 'config']] : []);
  return files.flatMap(({ path }, index) => {
    const name = path.replace(/^\/+|\/+$/g, '');
    const by = taken.get(name);
    taken.set(name, by ?? `files[${index}]`);
    return by === undefined ? [] : [faultOf(['files', index, 'path'], `is also the path of ${by}`)];
  });
}

/** Whether `work` throws no refusal, or none with that code. */
function isWhole(work: () => unknown, code?: string): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return code !== undefined && error.code !== code;
  }
}

/** Details have the reason where the message only says that there is one; neither quotes a value. */
function saidOf(error: OpsError): string {
  const reason = error.code === 'config-invalid' ? error.details.map(withoutPlace).join('; ') : '';
  return reason === '' ? withoutOption(messageOf(error)) : reason;
}

const withoutPlace = (line: string): string => line.replace(/^--install(?::\d+)*: (?:[\w.]+: )?/, '');
/** Messages of the command line begin with the option. */
const withoutOption = (message: string): string => message.replace(/^--[a-z-]+: /, '');

/** The settings of the unattended installation; undefined when there is none. `true` is a switch. */
export const installOf = ({ install }: MachineKeys): MenuRequest['install'] =>
  install === undefined
    ? undefined
    : Object.entries(install)
        .filter(([, value]) => value !== false)
        .map(([name, value]) => ({ name, value: value === true ? undefined : String(value) }));
