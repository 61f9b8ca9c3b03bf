/** AVA's assertions, as far as this project uses them. The first that fails is what a test failed of. */
import { inspect, isDeepStrictEqual } from 'node:util';

export interface Expectation {
  readonly instanceOf?: new (...args: never[]) => unknown;
  readonly code?: string | number;
  readonly name?: string;
  readonly is?: unknown;
  readonly message?: string | RegExp | ((message: string) => boolean);
}

/** What snapshots were when nothing was mutated, by the title of the test; empty while they are recorded. */
export interface Snapshots {
  readonly recording: boolean;
  readonly known: Map<string, string[]>;
}

class AssertionFailed extends Error {}

const text = (value: unknown) => inspect(value, { depth: 4, breakLength: 200, maxStringLength: 300 });

export function assertions(title: string, snapshots: Snapshots) {
  let count = 0;
  let taken = 0;
  let failure: string | undefined;
  const expect = (holds: boolean, what: () => string) => {
    count += 1;
    if (holds) return true;
    failure ??= what();
    throw new AssertionFailed(failure);
  };
  const judged = (error: unknown, expected: Expectation | undefined) => {
    expect(error instanceof Error, () => `threw ${text(error)}`);
    const wrong = whatIsWrong(error as Error, expected ?? {});
    expect(wrong === undefined, () => wrong ?? '');
    return error as Error;
  };
  return {
    count: () => count,
    failure: () => failure,
    pass: () => expect(true, () => ''),
    fail: (message = 'failed') => expect(false, () => message),
    is: (a: unknown, b: unknown) => expect(Object.is(a, b), () => `${text(a)} is not ${text(b)}`),
    not: (a: unknown, b: unknown) => expect(!Object.is(a, b), () => `is ${text(b)}`),
    deepEqual: (a: unknown, b: unknown) =>
      expect(isEqual(a, b), () => `${text(a)} does not equal ${text(b)}`),
    notDeepEqual: (a: unknown, b: unknown) => expect(!isEqual(a, b), () => `${text(a)} equals ${text(b)}`),
    like: (a: unknown, b: unknown) => expect(isLike(a, b), () => `${text(a)} is not like ${text(b)}`),
    true: (a: unknown) => expect(a === true, () => `${text(a)} is not true`),
    false: (a: unknown) => expect(a === false, () => `${text(a)} is not false`),
    truthy: (a: unknown) => expect(Boolean(a), () => `${text(a)} is falsy`),
    falsy: (a: unknown) => expect(!a, () => `${text(a)} is truthy`),
    assert: (a: unknown) => expect(Boolean(a), () => `${text(a)} is falsy`),
    regex: (a: string, b: RegExp) => expect(matches(b, a), () => `${text(a)} does not match ${b}`),
    notRegex: (a: string, b: RegExp) => expect(!matches(b, a), () => `${text(a)} matches ${b}`),
    throws(work: () => unknown, expected?: Expectation) {
      try {
        work();
      } catch (error) {
        return judged(error, expected);
      }
      return void expect(false, () => 'did not throw');
    },
    async throwsAsync(work: PromiseLike<unknown> | (() => PromiseLike<unknown>), expected?: Expectation) {
      try {
        await (typeof work === 'function' ? work() : work);
      } catch (error) {
        return judged(error, expected);
      }
      return void expect(false, () => 'did not throw');
    },
    notThrows(work: () => unknown) {
      try {
        work();
      } catch (error) {
        return expect(false, () => `threw ${text(error)}`);
      }
      return expect(true, () => '');
    },
    async notThrowsAsync(work: PromiseLike<unknown> | (() => PromiseLike<unknown>)) {
      try {
        await (typeof work === 'function' ? work() : work);
      } catch (error) {
        return expect(false, () => `threw ${text(error)}`);
      }
      return expect(true, () => '');
    },
    snapshot(value: unknown) {
      const shown = inspect(value, { depth: 50, breakLength: 120, maxArrayLength: null, sorted: true });
      const known = snapshots.known.get(title) ?? [];
      if (snapshots.recording) snapshots.known.set(title, [...known, shown]);
      taken += 1;
      const before = known[taken - 1];
      return expect(snapshots.recording || before === shown, () => 'another snapshot');
    },
  };
}

/** Deeply; an object without a prototype equals one of a literal, as AVA says. */
function isEqual(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(withPrototype(a), withPrototype(b));
}

function withPrototype(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  if (Array.isArray(value))
    return value.some((item) => typeof item === 'object') ? value.map(withPrototype) : value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, withPrototype(held)]));
}

const matches = (pattern: RegExp, value: unknown) => typeof value === 'string' && value.search(pattern) >= 0;

function whatIsWrong(error: Error, expected: Expectation): string | undefined {
  const { instanceOf, code, name, is, message } = expected;
  if (instanceOf !== undefined && !(error instanceof instanceOf)) return `threw another kind: ${error}`;
  if (is !== undefined && !Object.is(error, is)) return `threw another error: ${error}`;
  if (code !== undefined && (error as { code?: unknown }).code !== code)
    return `code ${text((error as { code?: unknown }).code)} instead of ${text(code)}: ${error.message}`;
  if (name !== undefined && error.name !== name) return `name ${error.name}`;
  const fits =
    message === undefined ||
    (typeof message === 'string' && message === error.message) ||
    (message instanceof RegExp && message.test(error.message)) ||
    (typeof message === 'function' && message(error.message));
  return fits ? undefined : `message ${error.message}`;
}

/** Everything that the second has, the first has too. */
function isLike(a: unknown, b: unknown): boolean {
  if (typeof b !== 'object' || b === null || !isPlain(b)) return isDeepStrictEqual(a, b);
  if (typeof a !== 'object' || a === null) return false;
  return Object.entries(b).every(([key, value]) => isLike((a as Record<string, unknown>)[key], value));
}

const isPlain = (value: object) =>
  Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value));
