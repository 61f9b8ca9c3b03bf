/** What user data are: a configuration, a program to run, packed or not, or something that is not understood here. */
import { promisify } from 'node:util';
import { errorCode } from '../../errors.ts';

export type UserData =
  | { readonly kind: 'config'; readonly data: Uint8Array }
  /** A script with `#!` or an ELF executable. */
  | { readonly kind: 'program'; readonly data: Uint8Array }
  | { readonly kind: 'nothing' }
  /** `problem` says what was found and what was expected. */
  | { readonly kind: 'unusable'; readonly problem: string };

/** Bytes, unpacked: a few kilobytes could become any number otherwise. */
export const unpackedLimit = 32 * 1024 * 1024;

const expected = 'expected a configuration as YAML, a script that begins with #! or an executable';

/** Forms of cloud-init whose first lines look like comments of YAML. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [/^(content-type:\s*multipart\/|mime-version:)/i, 'is a MIME archive of several parts'],
  [/^#include/, 'is a list of URLs (#include)'],
  [/^#cloud-boothook/, 'is a boot hook of cloud-init'],
  [/^#part-handler/, 'is a part handler of cloud-init'],
  [/^#(cloud-config-archive|cloud-config-jsonp)/, 'is an archive of configurations of cloud-init'],
  [/^##\s*template:/, 'is a template of cloud-init'],
  [/^<(!doctype\s+)?html/i, 'is a web page'],
];

/** Tells by the content alone; never throws. */
export async function classify(data: Uint8Array): Promise<UserData> {
  if (!isGzip(data)) return classifyPlain(data);
  const { gunzip } = await import('node:zlib');
  try {
    const unpacked = await promisify(gunzip)(data, { maxOutputLength: unpackedLimit });
    if (isGzip(unpacked)) return { kind: 'unusable', problem: `is compressed twice with gzip; ${expected}` };
    return classifyPlain(unpacked);
  } catch (error) {
    const large = errorCode(error) === 'ERR_BUFFER_TOO_LARGE';
    const problem = large
      ? `unpacks to more than the limit of ${unpackedLimit} bytes; shorten it`
      : 'begins like a gzip file but cannot be unpacked';
    return { kind: 'unusable', problem };
  }
}

/** RFC 1952, section 2.3.1. */
const isGzip = (data: Uint8Array): boolean => data[0] === 0x1f && data[1] === 0x8b;

function classifyPlain(data: Uint8Array): UserData {
  // The magic number of ELF (System V ABI, "ELF Identification").
  const head = Buffer.from(data.subarray(0, 256)).toString('latin1');
  if (head.startsWith('#!') || head.startsWith('\x7fELF')) return { kind: 'program', data };
  const text = head.replace(/^\u00ef\u00bb\u00bf/, '').trimStart();
  if (text === '' && data.length <= 256) return { kind: 'nothing' };
  const known = foreign.find(([pattern]) => pattern.test(text));
  if (known !== undefined)
    return { kind: 'unusable', problem: `${known[1]}, which is not supported; ${expected}` };
  return { kind: 'config', data };
}
