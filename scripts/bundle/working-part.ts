/**
 * How the code behind the commands is kept in a bundle: as comments, which V8 skips, from the file's second line on.
 * First our own code and what is small, and once more what of it a boot needs; then each large library by itself, which
 * is compiled when it is first asked for. What compiles them (in the bundle, and for the code cache) must agree on every character.
 */
import { createHash } from 'node:crypto';

/** Those that no command needs all of. What only one of them imports goes with it. */
export const libraries = ['execa', 'got', 'listr2', 'yaml', 'zod'] as const;

/** What our own code is called among the parts: all of it, and what a boot runs of it, which is a tenth. */
export const ownPart = 'own';
export const phasesPart = 'phases';

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

/** The first line of a bundle. */
const interpreterLine = '#!/usr/bin/env node';

const functionOf = (part: string) => `bundled_${part}`;
const functionBegin = (part: string) => `function ${functionOf(part)}(){/*`;
const functionEnd = '*/}';

/** The function that is nothing but the comment. Throws when the code has the characters that stand for its end. */
function asComment({ name, code }: Part): string {
  if (code.includes(commentEnd)) throw new Error(`${commentEnd} stands for itself in the bundle`);
  return `${functionBegin(name)}${code.replaceAll('*/', commentEnd)}${functionEnd}`;
}

/** A bundle: its parts as comments, what they are, and the code that starts. All of it ASCII. */
export const bundleOf = (parts: readonly Part[], starting: string): string =>
  [interpreterLine, ...parts.map(asComment), `//${digestOf(parts)}`, starting].join('\n');

/** The code that starts alone, for where the bundle lies beside it: V8 does not go through the comments then. */
export const starterOf = (starting: string): string => `${interpreterLine}\n${starting}`;

/** The parts out of the text of a bundle. */
export function partsOf(bundle: string): Part[] {
  return [ownPart, phasesPart, ...libraries].map((name) => {
    const begin = functionBegin(name);
    const from = bundle.indexOf(begin) + begin.length;
    return { name, code: bundle.slice(from, bundle.indexOf(functionEnd, from)).replaceAll(commentEnd, '*/') };
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

/** Where the parts are for what compiles them: in its own file as functions, or in the bundle that lies beside it. */
export type PartsLie = 'inside' | 'beside';

/**
 * The module of a starting part that compiles the parts, and exports `exported` of one of them. A code cache lies beside the bundle, begins with the
 * digest of the code, and may be missing.
 */
export function compilingModule(
  parts: readonly Part[],
  lie: PartsLie,
  exported: { readonly name: string; readonly of: string },
): string {
  // The first line is that of the interpreter; each part begins on one of its own.
  let [line, offset] = [1, interpreterLine.length + 1];
  const rows = parts.map((part, index) => {
    const [comment, begin] = [asComment(part), functionBegin(part.name)];
    const place = [offset + begin.length, comment.length - begin.length - functionEnd.length];
    const holder = lie === 'inside' ? functionOf(part.name) : `[${place}]`;
    const row = `${JSON.stringify(part.name)}: [${holder}, ${line}, ${index}]`;
    line += part.code.split('\n').length;
    offset += comment.length + 1;
    return row;
  });
  return `
  import { openSync, readSync } from 'node:fs';
  import { join } from 'node:path';
  import { Script } from 'node:vm';
  const parts = { ${rows.join(', ')} };
  const bundle = ${lie === 'inside' ? '__filename' : `join(__dirname, '${compiledName}')`};
  const lengthsEnd = ${digestLength + parts.length * lengthDigits};
  // Of a file no more is read than what is wanted; a single executable carries it, and is called otherwise.
  const cached = () => {
    if (!bundle.endsWith('.cjs')) {
      const asset = Buffer.from(require('node:sea').getRawAsset('opsctl.cache'));
      return (from, length) => asset.subarray(from, from + length);
    }
    const file = openSync(bundle.replace(/cjs$/, 'cache'), 'r');
    return (from, length) => {
      const bytes = Buffer.allocUnsafeSlow(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, from));
    };
  };
  let cache;
  try {
    const read = cached();
    if (read(0, ${digestLength}).latin1Slice() === '${digestOf(parts)}') cache = read;
  } catch {}
  const cacheOf = (index) => {
    if (cache === undefined) return undefined;
    const head = cache(${digestLength}, lengthsEnd - ${digestLength}).latin1Slice();
    const lengths = head.match(/.{${lengthDigits}}/g).map(Number);
    const from = lengths.slice(0, index).reduce((sum, length) => sum + length, lengthsEnd);
    return lengths[index] === 0 ? undefined : cache(from, lengths[index]);
  };
  ${lie === 'inside' ? textInside : textBeside(digestOf(parts), offset + '//'.length)}
  const made = {};
  const load = (name) => (made[name] ?? compile(name)).exports;
  const inside = (name) => (name.startsWith('${requestOf('')}') ? load(name.slice(${requestOf('').length})) : require(name));
  const compile = (name) => {
    const [holder, lineOffset, index] = parts[name];
    const code = textOf(holder).replaceAll('${commentEnd}', '*/');
    const source = '(function(${parameters}){' + code + '\\n})';
    const script = new Script(source, { filename: bundle, lineOffset, cachedData: cacheOf(index) });
    const module = (made[name] = { exports: {} });
    script.runInThisContext()(module, module.exports, inside, bundle, __dirname);
    return module;
  };
  export const { ${exported.name} } = load('${exported.of}');
`;
}

const textInside = `const textOf = (holder) => {
    const text = holder.toString();
    return text.slice(text.indexOf('/*') + 2, text.lastIndexOf('*/'));
  };`;

/** Whose parts are elsewhere a bundle of another build says in the line behind them. */
const textBeside = (digest: string, at: number) => `const open = openSync(bundle, 'r');
  const read = (offset, length) => {
    const bytes = Buffer.allocUnsafeSlow(length);
    return bytes.latin1Slice(0, readSync(open, bytes, 0, length, offset));
  };
  if (read(${at}, ${digest.length}) !== '${digest}') throw new Error(bundle + ' is of another build');
  const textOf = ([offset, length]) => read(offset, length);`;
