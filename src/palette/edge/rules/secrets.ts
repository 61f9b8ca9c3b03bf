/** Passwords and tokens as they are: whoever has the medium reads them. Never shown. */
import type { Located } from '../../../kubernetes/schema/located.ts';
import { hasMacro } from '../../yaml/read-yaml.ts';
import type { Report, UserDataRule } from '../user-data-view.ts';
import { isPlaceholder } from './placeholders.ts';

const passwordName = /(?:^|[._-])(?:password|passwd|passphrase)$|[a-z0-9](?:Password|Passwd|Passphrase)$/;
const tokenName = /(?:^|[._-])token$|[a-z0-9]Token$/;
/** As crypt(5) has it. */
const isHash = (text: string): boolean => /^\$[0-9a-z]+\$/i.test(text);
/** Told one by one. */
const mostTold = 20;

interface Secret {
  readonly offset: number;
  readonly what: 'password' | 'account' | 'token' | 'url';
}

const messages = {
  password:
    'is a password as plain text, which whoever has the medium can read; give a hash, as `mkpasswd` makes it',
  account:
    'is a password that whoever has the medium can read (base64 hides nothing); give it an account that may only pull',
  token: 'is a token as plain text: whoever has the medium can register hosts with it; let it expire soon',
  url: 'has a password in it, which whoever has the medium can read',
} as const satisfies Readonly<Record<Secret['what'], string>>;

export const secretRules: UserDataRule = (data, report) => {
  const found: Secret[] = [];
  collect(data.root, false, found);
  for (const { offset, what } of found.slice(0, mostTold)) report('warning', offset, messages[what]);
  tellRest(found, report);
};

function tellRest(found: readonly Secret[], report: Report): void {
  const next = found[mostTold];
  if (next !== undefined)
    report(
      'warning',
      next.offset,
      `begins ${found.length - mostTold} more passwords and tokens as plain text`,
    );
}

/** `registry`: below a registry, whose password cannot be a hash. */
function collect(value: Located, registry: boolean, found: Secret[]): void {
  if (value.kind === 'list') for (const item of value.items) collect(item, registry, found);
  if (value.kind !== 'map') return;
  for (const [name, { value: below }] of value.entries) {
    const text = below.kind === 'word' && typeof below.value === 'string' ? below.value : undefined;
    const kind = text === undefined ? undefined : kindOf(name, text, registry);
    if (kind !== undefined) found.push({ offset: below.offset, what: kind });
    else collect(below, registry || name === 'registryCredentials' || name === 'externalRegistries', found);
  }
}

function kindOf(name: string, text: string, registry: boolean): Secret['what'] | undefined {
  if (text === '' || hasMacro(text) || isPlaceholder(text)) return undefined;
  if (passwordName.test(name)) return registry ? 'account' : isHash(text) ? undefined : 'password';
  if (tokenName.test(name)) return 'token';
  return /^[a-z]+:\/\/[^/\s@:]*:[^/\s@]+@/i.test(text) ? 'url' : undefined;
}
