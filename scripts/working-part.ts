/**
 * How the part of a bundle that works is kept in the file: as a comment, which V8 skips, from its second line on. What
 * compiles it (in the bundle, and for the code cache) must agree on every character.
 */
import { createHash } from 'node:crypto';

/** What stands in the comment for the two characters that would end it. */
const commentEnd = '*@/';

/** The parameters of the function around it, as of any CommonJS module. */
export const parameters = 'module,exports,require,__filename,__dirname';

/** Characters of `digestOf`. */
export const digestLength = 16;

export const digestOf = (code: string): string =>
  createHash('sha256').update(code).digest('hex').slice(0, digestLength);

/** The function that is nothing but the comment. Throws when the code has the characters that stand for its end. */
export function asComment(code: string): string {
  if (code.includes(commentEnd)) throw new Error(`${commentEnd} stands for itself in the bundle`);
  return `function bundledWork(){/*${code.replaceAll('*/', commentEnd)}*/}`;
}

/** The code out of the text of a bundle. */
export function commentOf(bundle: string): string {
  const line = bundle.slice(bundle.indexOf('\n') + 1);
  return line.slice(line.indexOf('/*') + 2, line.indexOf('*/}')).replaceAll(commentEnd, '*/');
}

/**
 * The module of the starting part that compiles the comment when it is imported. A code cache lies beside the
 * bundle, begins with the digest of the code, and may be missing.
 */
export const compilingModule = (digest: string): string => `
  import { readFileSync } from 'node:fs';
  import { Script } from 'node:vm';
  const text = bundledWork.toString();
  const code = text.slice(text.indexOf('/*') + 2, text.lastIndexOf('*/')).replaceAll('${commentEnd}', '*/');
  let cachedData;
  try {
    // A single executable carries it; there __filename is the executable itself.
    const cache = __filename.endsWith('.cjs')
      ? readFileSync(__filename.replace(/cjs$/, 'cache'))
      : Buffer.from(require('node:sea').getRawAsset('opsctl.cache'));
    if (cache.latin1Slice(0, ${digestLength}) === '${digest}') cachedData = cache.subarray(${digestLength});
  } catch {}
  // The comment begins at the end of the file's second line: stacks have the lines of the file.
  const source = '(function(${parameters}){' + code + '\\n})';
  const run = new Script(source, { filename: __filename, lineOffset: 1, cachedData }).runInThisContext();
  const made = { exports: {} };
  run(made, made.exports, require, __filename, __dirname);
  export const { work } = made.exports;
`;
