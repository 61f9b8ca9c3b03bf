/**
 * Who may log in, as cloud-init says it: there are any number of accounts there, here there is one. Keys of all of them
 * count for it, and the first password. Pure.
 */
import { field, items, type Meaning, nothing, text } from './meaning.ts';

const account = 'bhojpur';

/** `users`, `user`. */
export function fromUsers(value: unknown): Meaning {
  const listed = items(value);
  const users = listed.filter((user) => typeof user === 'object' && user !== null && !Array.isArray(user));
  const keys = users.flatMap((user) => [
    ...items(field(user, 'ssh_authorized_keys', 'ssh-authorized-keys')).filter(isText),
    ...imported(field(user, 'ssh_import_id')),
  ]);
  const passwords = users.flatMap((user) => passwordOf(user) ?? []);
  const others = users
    .flatMap((user) => text(field(user, 'name')) ?? [])
    .filter((name) => name !== account && name !== 'root');
  const notes: Meaning['notes'][number][] = [];
  // `default` stands for the account that every image has.
  if (listed.some((user) => !users.includes(user) && user !== 'default' && !isName(user)))
    notes.push(['error', 'expected a list of users, each with a name']);
  if (others.length > 0)
    notes.push([
      'note',
      `the account is called ${account} here, not ${others.join(', ')}; log in as ${account}`,
    ]);
  if (new Set(passwords).size > 1)
    notes.push(['warning', `there is one account; the password of the first one is that of ${account}`]);
  const [password] = passwords;
  return {
    config: {
      ...(keys.length === 0 ? {} : { ssh_authorized_keys: keys }),
      ...(password === undefined ? {} : { bos: { password } }),
    },
    notes,
  };
}

const isName = (value: unknown): boolean => typeof value === 'string' && /^[a-z_][\w.-]*$/i.test(value);
const isText = (value: unknown): value is string => typeof value === 'string';

function passwordOf(user: unknown): string | undefined {
  if (field(user, 'lock_passwd', 'lock-passwd') === true) return undefined;
  return text(field(user, 'hashed_passwd', 'passwd', 'plain_text_passwd'));
}

/** `gh:name` of GitHub; Launchpad is asked by nobody here, and the check says so. */
const imported = (value: unknown): string[] =>
  items(value)
    .filter(isText)
    .map((id) => id.replace(/^gh:/, 'github:'));

export const fromImportId = (value: unknown): Meaning =>
  nothing(imported(value).length === 0 ? {} : { ssh_authorized_keys: imported(value) });

/** `chpasswd`: a list of users, or lines of `name:password`. */
export function fromChpasswd(value: unknown): Meaning {
  const users = items(field(value, 'users')).map((user) => text(field(user, 'password')));
  const list = field(value, 'list');
  const lines = (typeof list === 'string' ? list.split('\n') : items(list).map(String)).map(
    (line) => /^[^:]+:(.+)$/.exec(line.trim())?.[1],
  );
  // R and RANDOM ask for one that is printed on the console.
  const password = [...users, ...lines].find((found) => found !== undefined && !/^(R|RANDOM)$/.test(found));
  // Images of Ubuntu bring one that everybody knows, to be changed at the first login. Here it would stay.
  if (password !== undefined && field(value, 'expire') === true)
    return {
      config: {},
      notes: [
        [
          'warning',
          'asks for a new password at the first login, which is not possible: the password is not set',
        ],
      ],
    };
  return nothing(password === undefined ? {} : { bos: { password } });
}

/** `ssh_pwauth`: true, false, and words for these; `unchanged`. */
export function fromPasswordLogin(value: unknown): Meaning {
  const word = String(value).toLowerCase();
  if (/^(true|yes|1|on)$/.test(word)) return nothing({ bos: { ssh_password_login: true } });
  if (/^(false|no|0|off)$/.test(word)) return nothing({ bos: { ssh_password_login: false } });
  return nothing({});
}
