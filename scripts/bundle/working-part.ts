/**
 * How the code behind the commands is kept in a bundle: as comments, which V8 skips, from the file's second line on.
 * First our own code and what is small; then each large library by itself, which is compiled when it is first asked
 * for. What compiles them (in the bundle, and for the code cache) must agree on every character.
 */
import { createHash } from 'node:crypto';

/** Those that no command needs all of. What only one of them imports goes with it. */
export const libraries = ['execa', 'got', 'listr2', 'yaml', 'zod'] as const;

/** What our own code is called among the parts. */
export const ownPart = 'own';

/** By this name our own code asks for a library. */
export const requestOf = (library: string): string => `bundled:${library}`;

export interface Part {
  readonly name: string;
  /** The text of a CommonJS module. It begins with a line end, so that stacks have the columns of the file. */
  readonly code: string;
}

/** What stands in the comment for the two characters that would end it. */
const commentEnd = '*@/';

/** The parameters of the function around it, as of any CommonJS module. */
const parameters = 'module,exports,require,__filename,__dirname';

/** What is compiled of a part: an expression whose value is that function. */
export const sourceOf = (code: string): string => `(function(${parameters}){${code}\n})`;

/** The name of it while a code cache is made: where the bundle lies must not show. */
export const compiledName = 'opsctl.cjs';

/** Characters of `digestOf`. */
const digestLength = 16;
/** Of a length, in decimal digits with zeros before them. */
const lengthDigits = 8;

export const digestOf = (parts: readonly Part[]): string =>
  createHash('sha256')
    .update(parts.map(({ code }) => code).join('\0'))
    .digest('hex')
    .slice(0, digestLength);

/** The function that is nothing but the comment. Throws when the code has the characters that stand for its end. */
export function asComment({ name, code }: Part): string {
  if (code.includes(commentEnd)) throw new Error(`${commentEnd} stands for itself in the bundle`);
  return `function ${functionOf(name)}(){/*${code.replaceAll('*/', commentEnd)}*/}`;
}

const functionOf = (part: string) => `bundled_${part}`;

/** The parts out of the text of a bundle. */
export function partsOf(bundle: string): Part[] {
  return [ownPart, ...libraries].map((name) => {
    const begin = `function ${functionOf(name)}(){/*`;
    const from = bundle.indexOf(begin) + begin.length;
    return { name, code: bundle.slice(from, bundle.indexOf('*/}', from)).replaceAll(commentEnd, '*/') };
  });
}

/** The file of a code cache: the digest, the length of each part's cache (0 for none), the caches. */
export function cacheFile(parts: readonly Part[], caches: readonly Uint8Array[]): Buffer {
  const lengths = caches.map(({ length }) => `${length}`.padStart(lengthDigits, '0'));
  return Buffer.concat([Buffer.from(digestOf(parts) + lengths.join(''), 'latin1'), ...caches]);
}

/** What lies in such a file for each part, in their order. */
export function cachesOf(parts: readonly Part[], file: Uint8Array): Uint8Array[] {
  const numbers = Buffer.from(file).toString(
    'latin1',
    digestLength,
    digestLength + parts.length * lengthDigits,
  );
  let from = digestLength + parts.length * lengthDigits;
  return parts.map((_, index) => {
    const length = Number(numbers.slice(index * lengthDigits, (index + 1) * lengthDigits));
    from += length;
    return file.subarray(from - length, from);
  });
}

/**
 * The module of the starting part that compiles the parts. A code cache lies beside the bundle, begins with the
 * digest of the code, and may be missing.
 */
export function compilingModule(parts: readonly Part[]): string {
  // The first line is that of the interpreter; each part begins on one of its own.
  let line = 1;
  const rows = parts.map(({ name, code }, index) => {
    const row = `${JSON.stringify(name)}: [${functionOf(name)}, ${line}, ${index}]`;
    line += code.split('\n').length;
    return row;
  });
  return `
  import { readFileSync } from 'node:fs';
  import { Script } from 'node:vm';
  const parts = { ${rows.join(', ')} };
  const lengthsEnd = ${digestLength + parts.length * lengthDigits};
  let cache;
  try {
    // A single executable carries it; there __filename is the executable itself.
    const file = __filename.endsWith('.cjs')
      ? readFileSync(__filename.replace(/cjs$/, 'cache'))
      : Buffer.from(require('node:sea').getRawAsset('opsctl.cache'));
    if (file.latin1Slice(0, ${digestLength}) === '${digestOf(parts)}') cache = file;
  } catch {}
  const cacheOf = (index) => {
    if (cache === undefined) return undefined;
    const head = cache.latin1Slice(${digestLength}, lengthsEnd);
    const lengths = head.match(/.{${lengthDigits}}/g).map(Number);
    const from = lengths.slice(0, index).reduce((sum, length) => sum + length, lengthsEnd);
    return lengths[index] === 0 ? undefined : cache.subarray(from, from + lengths[index]);
  };
  const made = {};
  const load = (name) => (made[name] ?? compile(name)).exports;
  const inside = (name) => (name.startsWith('${requestOf('')}') ? load(name.slice(${requestOf('').length})) : require(name));
  const compile = (name) => {
    const [holder, lineOffset, index] = parts[name];
    const text = holder.toString();
    const code = text.slice(text.indexOf('/*') + 2, text.lastIndexOf('*/')).replaceAll('${commentEnd}', '*/');
    const source = '(function(${parameters}){' + code + '\\n})';
    const script = new Script(source, { filename: __filename, lineOffset, cachedData: cacheOf(index) });
    const module = (made[name] = { exports: {} });
    script.runInThisContext()(module, module.exports, inside, __filename, __dirname);
    return module;
  };
  export const { runCommand } = load('${ownPart}');
`;
}
