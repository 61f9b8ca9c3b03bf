/** vlan=, bond=, team= and bridge= of dracut (dracut.cmdline(7)): interfaces that are made. Pure. */
import { bondMode } from '../checks/network/bond-modes.ts';
import type { KernelArgument } from './kernel-arguments.ts';
import type { Drafts } from './kernel-network-drafts.ts';
import { type Fields, NetworkFault, vlanIdOf } from './kernel-network-fields.ts';

/** Adds what the argument makes; returns what of it cannot be done here. */
type Maker = (drafts: Drafts, argument: KernelArgument, fields: Fields) => readonly string[];

/** NAME:INTERFACE; the number is in the name: vlan5, vlan0005, eth0.5, eth0.0005. */
const vlan: Maker = (drafts, argument, [name = '', link = '']) => {
  const id = vlanIdOf(name);
  if (id === undefined) throw new NetworkFault(`expected a name such as vlan5 or eth0.5, found "${name}"`);
  if (link === '') throw new NetworkFault(`expected the interface that carries it: ${name}:eth0`);
  drafts.entry(link);
  drafts.entry(name, argument).vlan = { id, link };
  return [];
};

/** [NAME[:MEMBERS[:OPTIONS[:MTU]]]] */
const bond: Maker = (drafts, argument, [name = '', members = 'eth0,eth1', options = '', mtu = '']) => {
  const given = list(options).map((option) => option.split('='));
  const mode = given.find(([key]) => key === 'mode')?.[1] ?? 'balance-rr';
  const made = bondOf(drafts, argument, name === '' ? 'bond0' : name, members, bondMode(mode));
  if (mtu !== '') made.mtu = mtu;
  // All are watched in the same way here.
  const others = given.flatMap(([key = '']) => (key === 'mode' || key === 'miimon' ? [] : [key]));
  return others.map((key) => `its option ${key} cannot be set up here; it is left out`);
};

/** Runners of teamd.conf(5), and the modes of a bond that do the same on the wire. */
const runners: Readonly<Record<string, string>> = {
  activebackup: 'active-backup',
  lacp: '802.3ad',
  loadbalance: 'balance-xor',
  roundrobin: 'balance-rr',
  random: 'balance-rr',
  broadcast: 'broadcast',
};

/** NAME:MEMBERS[:RUNNER] */
const team: Maker = (drafts, argument, [name = '', members = 'eth0,eth1', runner = 'activebackup']) => {
  const mode = Object.hasOwn(runners, runner) ? runners[runner] : undefined;
  if (mode === undefined)
    throw new NetworkFault(`expected one of ${Object.keys(runners).join(', ')}, found "${runner}"`);
  const made = name === '' ? 'team0' : name;
  bondOf(drafts, argument, made, members, mode);
  return [`${made} is set up as a bond (${mode}), as there is no teamd here`];
};

function bondOf(drafts: Drafts, argument: KernelArgument, name: string, members: string, mode: string) {
  const named = list(members);
  for (const member of named) drafts.entry(member);
  const draft = drafts.entry(name, argument);
  draft.bond = { members: named, mode };
  return draft;
}

/** [NAME:MEMBERS] */
const bridge: Maker = (drafts, argument, [name = '', members = name === '' ? 'eth0' : '']) => {
  const named = list(members);
  for (const member of named) drafts.entry(member);
  drafts.entry(name === '' ? 'br0' : name, argument).bridge = { members: named };
  return [];
};

export const makers: Readonly<Record<string, Maker>> = { vlan, bond, team, bridge };

const list = (text: string): string[] => text.split(',').filter((part) => part !== '');
