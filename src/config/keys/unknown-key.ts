/**
 * What a name that is not a key most likely means, and how much depends on it. A name that may have meant a key by
 * which the machine joins, is logged in to or is kept secret must not pass as a warning. Pure.
 */
import { didYouMean, nearest } from '../nearest.ts';
import type { Row } from './keys.ts';
import { allNames, findKey, groupNames, isGroup, rows } from './keys.ts';

export interface UnknownKey {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** Keys that it may have meant and that decide something. */
  readonly about: readonly Row['name'][];
}

/** Where the name stands: other names are known there. */
export interface Whereabouts {
  readonly in: 'file' | 'command line';
  /** Names of keys below it, at any depth. */
  readonly inner?: readonly string[];
  /** Leaves out what takes time: looking for names that are nearly the same. */
  readonly quick?: boolean;
  /** Names of the command line that are in no table of keys: fields of objects. */
  readonly more?: readonly string[];
}

/** Names of k3OS, k3s and cloud-init, as `plain` has them, for what is called otherwise here. */
const otherNames: Readonly<Record<string, string>> = {
  server: 'bos.server_url',
  k3surl: 'bos.server_url',
  dcpurl: 'bos.server_url',
  joinurl: 'bos.server_url',
  clustersecret: 'bos.token',
  clustertoken: 'bos.token',
  nodetoken: 'bos.token',
  agenttoken: 'bos.token',
  jointoken: 'bos.token',
  k3stoken: 'bos.token',
  dcptoken: 'bos.token',
  k3sargs: 'bos.dcp_args',
  k3sarg: 'bos.dcp_args',
  args: 'bos.dcp_args',
  extraargs: 'bos.dcp_args',
  serverargs: 'bos.dcp_args',
  agentargs: 'bos.dcp_args',
  passwd: 'bos.password',
  chpasswd: 'bos.password',
  plaintextpasswd: 'bos.password',
  hashedpasswd: 'bos.password',
  passwordhash: 'bos.password',
  sshpwauth: 'bos.ssh_password_login',
  sshimportid: 'ssh_authorized_keys',
  sshkeys: 'ssh_authorized_keys',
  sshpublickeys: 'ssh_authorized_keys',
  publickeys: 'ssh_authorized_keys',
  authorizedkeys: 'ssh_authorized_keys',
  users: 'ssh_authorized_keys',
  nameservers: 'bos.dns_nameservers',
  dnsservers: 'bos.dns_nameservers',
  dns: 'bos.dns_nameservers',
  ntp: 'bos.ntp_servers',
  wlan: 'bos.wifi',
  wireless: 'bos.wifi',
  environ: 'bos.environment',
  env: 'bos.environment',
  fqdn: 'hostname',
  resolvconf: 'bos.dns_nameservers',
};

/** Keys of cloud-init that sound like one of ours and mean something else: the time zone of the whole system. */
const otherMeaning: ReadonlySet<string> = new Set(['timezone']);

/** Without what people write differently: capitals, hyphens, underscores. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '');

const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

const bySpelling = new Map(allNames().map((name) => [plain(name), name]));

/** Keys that decide something; of several with one last part, the first. */
const byLastPart = new Map(
  rows
    .filter(({ decides }) => decides !== undefined)
    .map((row) => [plain(lastPart(row.name)), row] as const)
    .toReversed(),
);

/** The key whose name differs only by capitals, hyphens or underscores: `sshAuthorizedKeys`, `bos.server-url`. */
export function findSpelling(name: string): Row | undefined {
  const known = bySpelling.get(plain(name));
  return known === undefined ? undefined : findKey(known);
}

/** Explains a name, dotted and as written, that is neither a key nor a group of keys. */
export function unknownKey(name: string, where: Whereabouts): UnknownKey {
  if (/^k3os(\.|$)/i.test(name)) return ofOldSystem(name);
  if (otherMeaning.has(plain(name))) return instead([], '');
  const spelt = findSpelling(name);
  if (spelt !== undefined) return instead([spelt], `write ${spelt.name}`);
  const own = sameLastPart(name) ?? findKey(otherNames[plain(lastPart(name))] ?? '');
  if (own !== undefined) return instead([own], `write ${own.name}`);
  const inner = decisiveAmong(where.inner ?? []);
  if (where.quick === true || name.length > 64) return instead(inner, '');
  const near = nearestName(name, where);
  const meant = near === undefined ? [] : rowsOf(near);
  if (meant.some((row) => row.decides !== undefined)) return instead(meant, `did you mean ${near}?`);
  if (inner.length > 0)
    return instead(inner, `for what stands below it, write ${inner.map((row) => row.name).join(', ')}`);
  const likely = near === undefined && /^bos\./i.test(name) ? likelyMeant(plain(lastPart(name))) : undefined;
  if (likely !== undefined) return instead([likely], `did you mean ${likely.name}?`);
  return instead(meant, near === undefined ? '' : `did you mean ${near}?`);
}

/** A key that decides something, in the wrong place: `token`, `bos.install.server_url`. */
const sameLastPart = (name: string): Row | undefined => byLastPart.get(plain(lastPart(name)));

/** In the same group by the last part alone: all that stands before it is alike already. */
function nearestName(name: string, where: Whereabouts): string | undefined {
  const names = [...namesIn(where.in), ...groupNames(), ...(where.more ?? [])];
  const group = name.slice(0, name.length - lastPart(name).length);
  const siblings = names.filter((known) => known === group + lastPart(known));
  const sibling = nearest(lastPart(name), siblings.map(lastPart));
  if (sibling !== undefined) return group + sibling;
  return nearest(
    name,
    names.filter((known) => !siblings.includes(known)),
  );
}

/** Words in names of ours that are none, and what somebody who writes them most likely wants. */
const likelyWords: readonly (readonly [RegExp, string])[] = [
  [/token|secret/, 'bos.token'],
  [/args|arguments|flags|exec/, 'bos.dcp_args'],
  [/nameserver|dns|resolv/, 'bos.dns_nameservers'],
  [/ntp|timeserver/, 'bos.ntp_servers'],
  [/server|join|master|clusterurl/, 'bos.server_url'],
  [/pass|login/, 'bos.password'],
  [/ssh|authori[sz]ed|publickey/, 'ssh_authorized_keys'],
  [/wifi|wlan|ssid|wireless/, 'bos.wifi'],
  [/network|ethernet|interface|netplan/, 'bos.network'],
  [/proxy|environ/, 'bos.environment'],
  [/datasource|userdata/, 'bos.data_sources'],
  [/writefile|files/, 'write_files'],
];

const likelyMeant = (word: string): Row | undefined =>
  findKey(likelyWords.find(([pattern]) => pattern.test(word))?.[1] ?? '');

function instead(meant: readonly Row[], advice: string): UnknownKey {
  const about = meant.filter((row) => row.decides !== undefined).map((row) => row.name);
  const message = advice === '' ? 'is not a key' : `is not a key; ${advice}`;
  const grave = meant.some((row) => row.decides !== undefined && row.decides !== 'registration');
  return { severity: grave ? 'error' : 'warning', message, about };
}

/** `k3os:` and `k3os.server_url`: an error whatever it says, for it is a whole configuration that would be lost. */
function ofOldSystem(name: string): UnknownKey {
  const renamed = `bos${name.slice('k3os'.length)}`;
  const row =
    findKey(renamed) ?? findSpelling(renamed) ?? findKey(otherNames[plain(lastPart(renamed))] ?? '');
  const about = rowsOf(row?.name ?? 'bos').filter((candidate) => candidate.decides !== undefined);
  return {
    severity: 'error',
    message: `is a name of k3OS; write ${row?.name ?? (isGroup(renamed) ? renamed : 'bos')} instead`,
    about: about.map((candidate) => candidate.name),
  };
}

/** A key, or all of a group. */
export function rowsOf(name: string): Row[] {
  const row = findKey(name) ?? findKey(name.slice(0, Math.max(0, name.lastIndexOf('.'))));
  if (row !== undefined) return [row];
  return isGroup(name) ? rows.filter((candidate) => candidate.name.startsWith(`${name}.`)) : [];
}

/** Those of the names that mean, wherever they stand, a key that decides something. */
function decisiveAmong(names: readonly string[]): Row[] {
  const found = new Set<Row>();
  for (const name of names) {
    const word = plain(lastPart(name));
    const row = byLastPart.get(word) ?? findKey(otherNames[word] ?? '');
    if (row?.decides !== undefined && !['installing', 'registration'].includes(row.decides)) found.add(row);
  }
  return [...found];
}

/** What acts only on the command line is no advice for a file. */
const namesIn = (place: Whereabouts['in']): readonly string[] =>
  place === 'file' ? allNames().filter((name) => !findKey(name)?.commandLineOnly) : allNames();

/** An unknown field of an object, such as one of write_files. */
export const unknownField = (name: string, known: readonly string[]): string =>
  `is not a field, so nothing of this entry is used${fieldAdvice(name, known)}`;

/** Names that other tools have for the same. */
const otherFields: Readonly<Record<string, string>> = {
  ssid: 'name',
  psk: 'passphrase',
  key: 'passphrase',
  mode: 'permissions',
  id: 'name',
  gateway: 'gateway4',
  macaddress: 'mac',
  dns: 'nameservers',
  wakeonlan: 'wake_on_lan',
  interfaces: 'members',
  slaves: 'members',
  user: 'owner',
  contents: 'content',
  text: 'content',
  file: 'path',
};

function fieldAdvice(name: string, known: readonly string[]): string {
  const other = otherFields[plain(name)] ?? known.find((field) => plain(field) === plain(name));
  return other !== undefined && known.includes(other) ? `; write ${other}` : didYouMean(name, known);
}
