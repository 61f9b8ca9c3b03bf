/** Passwords as they are: whoever may read the registry or the profile reads them. Never shown. */
import type { Located } from '../../../kubernetes/schema/located.ts';
import { hasMacro } from '../../yaml/read-yaml.ts';
import type { PackRule, PackText, Report } from '../pack-view.ts';

const secretName = /(?:^|[._-])(?:password|passwd|passphrase)$|[a-z0-9](?:Password|Passwd|Passphrase)$/;
/** Whether a value of this key is a secret that must not be shown. */
export const isSecretName = (name: string): boolean => secretName.test(name);
/** Told one by one. */
const mostTold = 20;
/** As crypt(5) has it: nobody can log in with it. */
const isHash = (text: string): boolean => /^\$[0-9a-z]+\$/i.test(text);

export const secretRules: PackRule = ({ meta, values }, report) => {
  for (const part of [meta, values]) {
    const found: number[] = [];
    collect(part.root, found);
    for (const offset of found.slice(0, mostTold)) tell(part, offset, report);
    if (found.length > mostTold)
      report('warning', part, undefined, `has ${found.length - mostTold} more passwords as plain text`);
  }
};

const tell = (part: PackText, offset: number, report: Report): void =>
  report(
    'warning',
    part,
    offset,
    'is a password as plain text, which everybody reads who can read the pack; use a macro, or ssh keys',
  );

function collect(value: Located, found: number[]): void {
  if (value.kind === 'list') for (const item of value.items) collect(item, found);
  if (value.kind !== 'map') return;
  for (const [name, entry] of value.entries) {
    const word = entry.value.kind === 'word' ? entry.value.value : undefined;
    if (typeof word === 'string' && isSecretName(name) && word !== '' && !hasMacro(word) && !isHash(word))
      found.push(entry.value.offset);
    else collect(entry.value, found);
  }
}
