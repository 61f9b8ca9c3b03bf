/** The one user of a node in somebody's own accounts: passwd(5), shadow(5), group(5) and gshadow(5) as texts. */
import type { Look } from './look.ts';

/** As os/customize.sh makes it; the initrd gives its home folder to these numbers. */
export const person = { name: 'bhojpur', id: '1000', shell: '/bin/bash' } as const;
/** Groups of administrators, where they are. */
const memberOf = ['sudo', 'wheel', 'adm', 'systemd-journal'];
/** A day that is the same in every build: shadow(5) counts from 1970. */
const changedDay = '19000';

const joined = (all: readonly string[]) => all.map((line) => `${line}\n`).join('');
const lines = (text: string) => text.split('\n').filter((line) => line !== '');
const fieldsOf = (text: string) => lines(text).map((line) => line.split(':'));

export async function accountFaults(look: Look): Promise<string[]> {
  const [passwd, group] = [await look.text('etc/passwd'), await look.text('etc/group')];
  const faults = [
    ...(passwd === undefined ? ['the file /etc/passwd'] : []),
    ...(group === undefined ? ['the file /etc/group'] : []),
  ];
  // The name and the number belong together, or neither is there.
  const taken = (file: string, text = '') =>
    fieldsOf(text)
      .filter(([name, , id]) => (id === person.id) !== (name === person.name))
      .map(
        ([name, , id]) =>
          `the number ${person.id} for the user ${person.name}: ${file} has ${name} with ${id}`,
      );
  return [...faults, ...taken('/etc/passwd', passwd), ...taken('/etc/group', group)];
}

export interface AccountTexts {
  readonly passwd: string;
  readonly shadow: string;
  readonly group: string;
  readonly gshadow: string;
}

/** With the user, whose password is locked; what is there stays. */
export function withPerson({ passwd, shadow, group, gshadow }: AccountTexts): AccountTexts {
  const { name, id, shell } = person;
  const add = (text: string, line: string) =>
    lines(text).some((known) => known.startsWith(`${name}:`)) ? text : joined([...lines(text), line]);
  return {
    passwd: add(passwd, `${name}:x:${id}:${id}::/home/${name}:${shell}`),
    shadow: add(shadow, `${name}:!:${changedDay}:0:99999:7:::`),
    group: add(withMember(group), `${name}:x:${id}:`),
    gshadow: add(withMember(gshadow), `${name}:!::`),
  };
}

/** The last field of a group lists its members. */
const withMember = (text: string) =>
  joined(
    lines(text).map((line) => {
      const fields = line.split(':');
      const members = (fields[3] ?? '').split(',').filter(Boolean);
      if (!memberOf.includes(fields[0] ?? '') || members.includes(person.name)) return line;
      return [...fields.slice(0, 3), [...members, person.name].join(',')].join(':');
    }),
  );
