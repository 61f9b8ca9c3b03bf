/**
 * What a step can promise about the order of its effects. A promise is a question to the log of a fake machine, and
 * answers with what is wrong, or with nothing.
 */
import { type Effect, lineOf } from '../fakes/effects.ts';

export interface StepEffects {
  readonly run: readonly Effect[];
  readonly verify: readonly Effect[];
}

/** In words what is wrong; undefined when the promise is kept. */
export type OrderPromise = (effects: StepEffects) => string | undefined;

const list = (lines: readonly string[]) => (lines.length === 0 ? '(nothing)' : lines.join('\n'));

/**
 * This and nothing else is done to a path, in this order: `write 0+512`, `sync`, `drop-cache`, and the whole command
 * line of a program that is given the path. Opening, reading and closing are left out; `*` stands for anything, and
 * `writes` for some writes, in any order.
 */
export const exactly =
  (path: string, expected: readonly string[]): OrderPromise =>
  ({ run }) => {
    const found = run
      .filter((effect) => !['open', 'read', 'close'].includes(effect.kind))
      .filter((effect) => effect.path === path || isRunOn(effect, path))
      .map((effect) => (effect.kind === 'run' ? lineOf(effect) : lineOf(effect).replace(` ${path}`, '')));
    return fitAll(found, expected)
      ? undefined
      : `to ${path} was done\n${list(found)}\ninstead of\n${list(expected)}`;
  };

function fitAll(found: readonly string[], expected: readonly string[]): boolean {
  let at = 0;
  for (const pattern of expected) {
    const from = at;
    if (pattern !== 'writes') at += fits(found[at] ?? '', pattern) ? 1 : 0;
    else while (found[at]?.startsWith('write ')) at += 1;
    if (at === from) return false;
  }
  return at === found.length;
}

const fits = (line: string, pattern: string) => {
  const [start = '', ...rest] = pattern.split('*');
  return rest.length === 0 ? line === pattern : line.startsWith(start) && line.endsWith(rest.at(-1) ?? '');
};

const isRunOn = (effect: Effect, path: string) =>
  effect.kind === 'run' && effect.path.split(' ').includes(path);

/** Each of these happens while the step runs, and all that match one before any that match the next. */
export const inOrder =
  (...patterns: readonly RegExp[]): OrderPromise =>
  ({ run }) => {
    const lines = run.map(lineOf);
    const missing = patterns.find((pattern) => !lines.some((line) => pattern.test(line)));
    if (missing !== undefined) return `nothing matches ${missing} in\n${list(lines)}`;
    for (const [index, earlier] of patterns.slice(0, -1).entries()) {
      const later = patterns[index + 1] ?? /^$/;
      if (lines.findLastIndex((line) => earlier.test(line)) > lines.findIndex((line) => later.test(line)))
        return `${earlier} does not come before ${later} in\n${list(lines)}`;
    }
    return undefined;
  };

/** The file has this mode whenever it has a name: made with it, and never given another one. */
export const modeFromTheStart =
  (path: string, mode: number): OrderPromise =>
  ({ run }) => {
    const wanted = `0${mode.toString(8)}`;
    const own = run.filter((effect) => effect.path === path);
    const made = own.filter(({ kind }) => kind === 'create' || kind === 'replace');
    if (made.length === 0) return `${path} was not made`;
    const others = own.filter(
      ({ kind, detail }) => ['create', 'replace', 'chmod'].includes(kind) && detail?.split(' ')[0] !== wanted,
    );
    return others.length === 0 ? undefined : list(others.map(lineOf));
  };

/** While it verifies, it reads this, and, the last time that it is opened, not before the cache was dropped. */
export const readBackFromDevice =
  (path: string): OrderPromise =>
  ({ verify }) => {
    const own = verify.filter((effect) => effect.path === path).map(({ kind }) => kind);
    const last = own.slice(own.lastIndexOf('open'));
    if (!last.includes('read')) return `${path} is not read back`;
    const before = last.slice(0, last.indexOf('read'));
    return before.includes('drop-cache') ? undefined : `${path} is read before its cache is dropped`;
  };

/** Of all that happens while it runs, what matches any of these happens in this order, each as often as it stands here. */
export const sequence =
  (...patterns: readonly RegExp[]): OrderPromise =>
  ({ run }) => {
    const found = run.map(lineOf).filter((line) => patterns.some((pattern) => pattern.test(line)));
    return found.length === patterns.length && found.every((line, index) => patterns[index]?.test(line))
      ? undefined
      : `was done\n${list(found)}\ninstead of\n${list(patterns.map(String))}`;
  };

/** These programs run, in this order, and no others; `*` stands for anything. */
export const programs =
  (...expected: readonly string[]): OrderPromise =>
  ({ run }) => {
    const found = run.filter(({ kind }) => kind === 'run').map(({ path }) => path);
    return found.length === expected.length && found.every((line, index) => fits(line, expected[index] ?? ''))
      ? undefined
      : `ran\n${list(found)}\ninstead of\n${list(expected)}`;
  };

/** The names of all programs that ran, each once. */
export const programsOfEffects = ({ run, verify }: StepEffects): string[] => [
  ...new Set(
    [...run, ...verify].filter(({ kind }) => kind === 'run').map(({ path }) => path.split(' ')[0] ?? ''),
  ),
];

/** It has only looked; debugfs without -w does no more. */
export const nothingChanged: OrderPromise = ({ run }) => {
  const changes = run.filter(
    ({ kind, path }) => !['open', 'read', 'drop-cache', 'close'].includes(kind) && !/^debugfs -R /.test(path),
  );
  return changes.length === 0 ? undefined : `changed before it failed:\n${list(changes.map(lineOf))}`;
};

/** Of what is gone with a reboot, nothing has to last. */
const passing = /^\/(tmp|proc|sys|run\/(?!bos\/target))/;

/** What every step promises: what it wrote is synced after the last write, before it ends. */
export const nothingUnsynced: OrderPromise = ({ run }) => {
  const dirty = new Set<string>();
  for (const { kind, path } of run) {
    if (kind === 'write' && !passing.test(path)) dirty.add(path);
    if (kind === 'sync') dirty.delete(path);
  }
  return dirty.size === 0 ? undefined : `written and not synced: ${[...dirty].join(', ')}`;
};

/** What every step promises, also when it fails: what it opened is closed. */
export const nothingHeld: OrderPromise = ({ run, verify }) => {
  const held: string[] = [];
  for (const { kind, path } of [...run, ...verify]) {
    if (kind === 'open') held.push(path);
    if (kind === 'close') held.splice(held.indexOf(path), 1);
  }
  return held.length === 0 ? undefined : `still open: ${held.join(', ')}`;
};
