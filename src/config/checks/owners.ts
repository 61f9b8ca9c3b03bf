/** Owners of files, as far as the text itself tells. Pure. */
import type { Check } from '../keys/key-types.ts';

/** Accounts of every Debian system (base-passwd) and of this one; users and groups share most names. */
const known = new Set(
  (
    'root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc _apt nobody nogroup adm tty ' +
    'disk dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev staff users ' +
    'kmem input sgx kvm render netdev crontab sshd messagebus systemd-journal systemd-network systemd-resolve ' +
    'systemd-timesync systemd-coredump ssh _ssh bhojpur'
  ).split(' '),
);

export interface OwnerParts {
  readonly user: string;
  readonly group?: string;
}

/** The parts of USER or USER:GROUP; undefined when it is neither. */
export function ownerParts(owner: string): OwnerParts | undefined {
  const [user = '', group, ...more] = owner.split(':');
  if (user === '' || group === '' || more.length > 0) return undefined;
  return group === undefined ? { user } : { user, group };
}

/** An empty owner is none. */
export const owner: Check = (value) =>
  value === '' || (ownerParts(value) !== undefined && !/\s/.test(value))
    ? undefined
    : 'expected USER or USER:GROUP, by name or number';

export const ownerDoubt: Check = (value) => {
  const { user = '', group = '' } = ownerParts(value) ?? {};
  const strange = [user, group].filter((name) => name !== '' && !/^\d+$/.test(name) && !known.has(name));
  return strange.length === 0
    ? undefined
    : `this system has no account ${strange.join(' or ')}, unless a command makes it; the user of this system is bhojpur`;
};
