/**
 * What the newest Node.js for ARMv7, 20.11, does not have and the program or its libraries use. Imported before all else in
 * the bundle; on a Node.js that has it, nothing is done. Syntax is no matter here: the bundle is made for Node.js 20.
 */
import util from 'node:util';

/** Puts `value` where nothing is, as built-in functions are: not listed. */
function fill(owner: object, name: string, value: unknown): void {
  if (name in owner) return;
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
}

/** ECMA-262 (2024), 27.2.4.8. */
fill(Promise, 'withResolvers', function withResolvers<T>(this: PromiseConstructor) {
  let resolve!: (value: T | PromiseLike<T>) => void;
  let reject!: (reason?: unknown) => void;
  const promise = new this<T>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return { promise, resolve, reject };
});

/** ECMA-262 (2024), 24.1.2.1. */
fill(Map, 'groupBy', <K, T>(items: Iterable<T>, keyOf: (item: T, index: number) => K) => {
  const groups = new Map<K, T[]>();
  let index = 0;
  for (const item of items) {
    const key = keyOf(item, index);
    index += 1;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
});

/** ECMA-262 (2026), 23.1.2.1, without its second and third argument. */
fill(Array, 'fromAsync', async <T>(items: AsyncIterable<T> | Iterable<T | PromiseLike<T>>) => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
});

/** Of node:util, 20.12: the codes around a text, by names that inspect knows. */
fill(util, 'styleText', (formats: string | readonly string[], text: string): string =>
  [formats].flat().reduceRight((inner, format) => {
    const [open, close] = util.inspect.colors[format] ?? [];
    return open === undefined ? inner : `\u001b[${open}m${inner}\u001b[${close}m`;
  }, text),
);
