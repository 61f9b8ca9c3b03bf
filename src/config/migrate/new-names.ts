/** What a key of k3OS is called here. Pure. */
import { findKey, isGroup } from '../keys/keys.ts';
import { findSpelling } from '../keys/unknown-key.ts';

const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');

/** The canonical name in the group `prefix` (empty: the file), dotted or not; the same when there is none. */
export function newName(name: string, prefix: string): string {
  const renamed = prefix === '' ? name.replace(/^k3os(?=\.|$)/i, 'bos') : name;
  const full = prefix === '' ? renamed : `${prefix}.${renamed}`;
  if (isGroup(full)) return renamed;
  const isArguments =
    full.startsWith('bos.') && /^k3sargs?$/.test(plain(full.slice(full.lastIndexOf('.') + 1)));
  const canonical = isArguments ? 'bos.dcp_args' : (findKey(full) ?? findSpelling(full))?.name;
  if (canonical === undefined) return renamed;
  return prefix === '' ? canonical : inGroup(canonical, prefix, renamed);
}

function inGroup(canonical: string, prefix: string, name: string): string {
  return canonical.startsWith(`${prefix}.`) ? canonical.slice(prefix.length + 1) : name;
}
