/**
 * Connected or airgap: `installationMode`, deprecated with Palette 4.6.32 and gone with 4.8.21 (release notes), and its successor
 * `managementMode` (central, local); what each mode needs and excludes. Airgap hosts register nowhere, and are set up in Local UI, which takes the password of a user of the OS.
 */
import type { Located } from '../../../kubernetes/schema/located.ts';
import type { EdgeMode, Report, UserData, UserDataRule } from '../user-data-view.ts';

const installation = ['stylus', 'installationMode'] as const;
const management = ['stylus', 'managementMode'] as const;
const site = ['stylus', 'site'] as const;

const words = {
  installationMode: { connected: 'connected', airgap: 'airgap' },
  managementMode: { central: 'connected', local: 'airgap' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, EdgeMode>>>>;

/** What registers a host with Palette. */
const registration = [
  'paletteEndpoint',
  'edgeHostToken',
  'projectUid',
  'projectName',
  'registrationURL',
] as const;

/** The mode that the keys ask for; connected when they say nothing, as the installer has it. */
export function modeOf(data: UserData): EdgeMode {
  return saidMode(data) ?? 'connected';
}

function saidMode(data: UserData): EdgeMode | undefined {
  return (
    meaning(words.managementMode, data.text(...management)) ??
    meaning(words.installationMode, data.text(...installation))
  );
}

const meaning = (
  table: Readonly<Record<string, EdgeMode>>,
  word: string | undefined,
): EdgeMode | undefined => (word !== undefined && Object.hasOwn(table, word) ? table[word] : undefined);

export const modeRules: UserDataRule = (data, report) => {
  checkWord(data, installation, words.installationMode, report);
  checkWord(data, management, words.managementMode, report);
  const [older, newer] = [
    meaning(words.installationMode, data.text(...installation)),
    meaning(words.managementMode, data.text(...management)),
  ];
  if (older !== undefined && newer !== undefined && older !== newer)
    report(
      'error',
      installation,
      `says ${older}, and managementMode says ${newer === 'airgap' ? 'local' : 'central'}`,
    );
  else if (older !== undefined && newer === undefined)
    report(
      older === 'airgap' ? 'warning' : 'note',
      installation,
      `is passed over by agents since Palette 4.8; ${older === 'airgap' ? 'these need managementMode: local' : 'managementMode: central says the same'}`,
    );
  if (modeOf(data) === 'airgap') airgap(data, report);
  else connected(data, report);
};

function checkWord(
  data: UserData,
  path: readonly string[],
  table: Readonly<Record<string, EdgeMode>>,
  report: Report,
): void {
  const word = data.text(...path);
  if (word === undefined || Object.hasOwn(table, word)) return;
  const others = { ...words.installationMode, ...words.managementMode };
  const meant = meaning(others, word.trim().toLowerCase());
  const right = Object.entries(table).find(([, mode]) => mode === meant)?.[0];
  const expected = Object.keys(table).join(' or ');
  report(
    'error',
    path,
    `expected ${expected}, found "${word}"${right === undefined ? '' : `; did you mean ${right}?`}`,
  );
}

function airgap(data: UserData, report: Report): void {
  for (const name of registration)
    if (data.has(...site, name))
      report('error', [...site, name], 'is for hosts that Palette manages; leave it out in airgap mode');
  if (data.flag(...site, 'insecureSkipVerify') === true)
    report(
      'warning',
      [...site, 'insecureSkipVerify'],
      'has no effect in airgap mode: the host talks to no Palette',
    );
  if (data.use.site !== true && !hasLogin(data))
    report(
      'warning',
      data.has('stylus') ? ['stylus'] : [],
      'has no user with a password: in airgap mode a host is set up in Local UI, which asks for one. Add it below stages.initramfs',
    );
}

function connected(data: UserData, report: Report): void {
  if (data.use.site === true || data.root.kind !== 'map') return;
  if (data.at('stylus') === undefined) {
    report('warning', [], 'has no stylus: the host would not register with Palette');
    return;
  }
  if (!data.has(...site, 'paletteEndpoint'))
    report(
      'warning',
      data.has(...site) ? site : ['stylus'],
      'has no site.paletteEndpoint: the host would not know its Palette, unless site user-data says it',
    );
  if (!data.has(...site, 'edgeHostToken') && !data.has(...site, 'registrationURL'))
    report(
      'warning',
      data.has(...site) ? site : ['stylus'],
      'has no site.edgeHostToken and no site.registrationURL: the host must be registered by hand',
    );
  endpoint(data, report);
  if (data.has(...site, 'projectUid') && data.has(...site, 'projectName'))
    report('warning', [...site, 'projectName'], 'names a project beside projectUid; one of them is enough');
}

function endpoint(data: UserData, report: Report): void {
  const path = [...site, 'paletteEndpoint'];
  const value = data.text(...path);
  if (value === undefined || value.startsWith('<')) return;
  const host = value.replace(/^https?:\/\//i, '').split('/', 1)[0] ?? '';
  if (host !== value) report('warning', path, `is a URL; documented endpoints are host names: ${host}`);
  else if (!/^[A-Za-z0-9.-]+(?::\d+)?$/.test(value) && !value.startsWith('['))
    report('error', path, 'expected a host name, such as api.spectrocloud.com');
}

/** Whether somebody has a password: a user of a stage, of the site, or of Kairos' own list. */
function hasLogin(data: UserData): boolean {
  return [data.at('stages'), data.at(...site, 'users'), data.at('users')].some(
    (value) => value !== undefined && hasPassword(value),
  );
}

function hasPassword(value: Located): boolean {
  if (value.kind === 'word') return false;
  if (value.kind === 'list') return value.items.some(hasPassword);
  return [...value.entries].some(
    ([name, entry]) =>
      (name === 'passwd' && entry.value.kind === 'word' && entry.value.value !== null) ||
      hasPassword(entry.value),
  );
}
