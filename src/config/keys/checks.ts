/** Checks of single values, for rows of the table of keys: each says what was expected, never what was given. */
import { readDiskSelector } from '../../formats/disk-selector.ts';
import { pathFault } from '../checks/file-places.ts';
import { isPublicKeyLine, publicKeyFault } from '../checks/public-keys.ts';
import type { Check } from './key-types.ts';

/** RFC 1123 section 2.1; Linux takes at most 64 bytes. */
export const hostname: Check = (value) =>
  value.length <= 64 &&
  /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/.test(value)
    ? undefined
    : 'expected a host name: letters, digits, dots and inner hyphens, at most 64 characters';

/** The second field of /etc/shadow ends at a colon or at the end of the line. */
export const password: Check = (value) =>
  /[:\n\r\0]/.test(value) && isCrypt(value)
    ? 'expected a crypt hash without colons or line ends'
    : /[\n\r\0]/.test(value)
      ? 'expected one line'
      : undefined;

/** `$id$...` as crypt(5) writes it: such a value is a hash, not the password itself. */
export function isCrypt(value: string): boolean {
  return /^\$[a-z0-9]+\$./.test(value);
}

export { publicKeyLine } from './public-key-line.ts';

export const sshKey: Check = (value) =>
  isPublicKeyLine(value)
    ? publicKeyFault(value)
    : /^(github|gitlab):[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value) || /^https:\/\/\S+$/.test(value)
      ? undefined
      : `expected a public key as in authorized_keys, github:USER, gitlab:USER or an https:// URL${
          /^http:/i.test(value) ? '; over http anybody on the way could replace the keys' : ''
        }`;

export const webUrl: Check = (value) =>
  isUrl(value, ['http:', 'https:']) && !/\s/.test(value) ? undefined : 'expected an http:// or https:// URL';

/** A tag is a version there, so that the repository alone is named (src/oci/reference.ts reads it). */
export const channel: Check = (value) =>
  /^oci:[a-z0-9.:[\]-]+\/[a-z0-9._/-]+$/.test(value) || webUrl(value) === undefined
    ? undefined
    : 'expected an http:// or https:// URL, or oci:REGISTRY/REPOSITORY without a tag';

export const configUrl: Check = (value) =>
  isUrl(value, ['http:', 'https:', 'file:']) || value.startsWith('/')
    ? undefined
    : 'expected an http://, https:// or file:// URL or an absolute path';

export const isoUrl: Check = (value) =>
  isUrl(value, ['http:', 'https:', 'ftp:', 'ftps:', 'tftp:', 'file:']) || value.startsWith('/')
    ? undefined
    : 'expected an http, https, ftp, ftps, tftp or file URL or an absolute path';

export const sha256: Check = (value) =>
  /^[0-9a-fA-F]{64}$/.test(value) ? undefined : 'expected the 64 hex digits of a SHA-256';

/** 42 bytes in base64, the first two of which are "Ed". */
export const minisignKey: Check = (value) =>
  /^RW[A-Za-z0-9+/]{54}$/.test(value)
    ? undefined
    : 'expected a minisign public key: 56 characters that begin with RW';

function isUrl(value: string, protocols: readonly string[]): boolean {
  return URL.canParse(value) && protocols.includes(new URL(value).protocol);
}

export const absolutePath: Check = (value) =>
  value.startsWith('/') && !value.endsWith('/') && !value.includes('\0')
    ? undefined
    : 'expected the absolute path of a file';

/** Of write_files. */
export const filePath: Check = (value) => {
  if (value.startsWith('/') && !value.endsWith('/') && !value.includes('\0')) return pathFault(value);
  const written = value === '' || /[\s/]$|^[~.]|\0/.test(value) ? '' : `; write /${value}`;
  return `expected the absolute path of a file${written}`;
};

/** What DCP's environment file holds. A YAML block ends with a line end that nobody means. */
export const token: Check = (value) =>
  value.trim() === ''
    ? 'is empty; leave the key out if there is none: was a template not filled in?'
    : /\p{Cc}/u.test(value.trim())
      ? 'expected one line without control characters'
      : undefined;

/** `key=value:Effect`, `key:Effect`. */
export const taint: Check = (value) =>
  /^[A-Za-z0-9][A-Za-z0-9./_-]*(=[A-Za-z0-9._-]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$/.test(value)
    ? undefined
    : 'expected KEY=VALUE:EFFECT with the effect NoSchedule, PreferNoSchedule or NoExecute';

/** As modprobe(8) takes it: a name, and parameters behind it. */
export const moduleName: Check = (value) =>
  /^[A-Za-z0-9_][A-Za-z0-9_-]*([ \t]+[A-Za-z0-9_]+(=[^\s"'\\]*)?)*$/.test(value.trim())
    ? undefined
    : 'expected the name of a kernel module, and parameters as NAME=VALUE if it needs some';

export const seconds: Check = (value) =>
  /^\d{1,5}$/.test(value) ? undefined : 'expected a number of seconds';

export const tries: Check = (value) => (/^[1-9]$/.test(value) ? undefined : 'expected a number from 1 to 9');

/** A disk by path or by criteria. */
export const disk: Check = (value) => {
  const read = readDiskSelector(value);
  return 'expected' in read ? read.expected : undefined;
};
