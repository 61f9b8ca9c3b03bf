/** Names, ports and lists of words that have a form of their own. */
import { didYouMean } from '../../../config/nearest.ts';
import { specialBlank } from '../../../config/yaml/misreadings.ts';
import type { Path } from '../../../kubernetes/schema/check-schema.ts';
import { featureGates } from '../schema/stylus.ts';
import type { Report, UserData, UserDataRule } from '../user-data-view.ts';

const site = ['stylus', 'site'] as const;
/** Characters of an id of a host. */
const longestName = 128;

const ports: readonly (readonly [Path, number])[] = [
  [['stylus', 'localUI', 'port'], 1],
  [['stylus', 'emcServer', 'port'], 1],
  // 0 is the default, by which the agent chooses.
  [['stylus', 'imageRedirectWebhook', 'port'], 0],
];

export const siteNameRules: UserDataRule = (data, report) => {
  checkName(data, report);
  const prefix = data.text(...site, 'prefix');
  if (prefix !== undefined && !/^[A-Za-z0-9-]*$/.test(prefix))
    report('error', [...site, 'prefix'], `expected letters, digits and hyphens${unseen(prefix)}`);
  const hostName = data.text(...site, 'hostName');
  if (hostName !== undefined && !/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(hostName))
    report(
      'error',
      [...site, 'hostName'],
      `is not a host name: letters, digits, hyphens and dots${unseen(hostName)}`,
    );
  for (const [path, least] of ports) {
    const port = data.number(...path);
    if (port !== undefined && Number.isInteger(port) && (port < least || port > 65_535))
      report('error', path, `expected a port from ${least} to 65535, found ${port}`);
  }
  if (data.has('stylus', 'emcServer') && !data.has('stylus', 'localUI'))
    report('note', ['stylus', 'emcServer'], 'is called localUI in newer agents');
  checkGates(data, report);
  checkInstall(data, report);
};

/** What nobody sees in a text that is refused. */
function unseen(text: string): string {
  const blank = specialBlank(text);
  return blank === undefined ? '' : `; it holds ${blank}`;
}

/** The id by which Palette knows a host; these characters are left out of it (installer reference, "Device ID"). */
function checkName(data: UserData, report: Report): void {
  const path = [...site, 'name'];
  const name = data.text(...path);
  if (name === undefined || name === '$random' || name.startsWith('<')) return;
  const blank = specialBlank(name);
  if (blank !== undefined) report('warning', path, `holds ${blank}, which ids of hosts cannot have`);
  const [odd] = /[/?#&+%,$~!@*(){}|=;:<>'.^"\s]/.exec(name) ?? [];
  if (odd !== undefined && blank === undefined)
    report('warning', path, `has ${JSON.stringify(odd)}, which ids of hosts cannot have`);
  if (name.length > longestName)
    report('warning', path, `has ${name.length} letters; ids of hosts are cut off at ${longestName}`);
}

function checkGates(data: UserData, report: Report): void {
  const path = ['stylus', 'featureGate'];
  for (const gate of (data.text(...path) ?? '').split(',').map((word) => word.trim()))
    if (gate !== '' && !featureGates.some((known) => known === gate))
      report('warning', path, `lists ${gate}, which is not documented${didYouMean(gate, featureGates)}`);
}

function checkInstall(data: UserData, report: Report): void {
  if (data.use.agent === true)
    for (const name of ['partitions', 'extra-partitions', 'extra-dirs-rootfs', 'grub_options'])
      if (data.has('install', name))
        report('warning', ['install', name], 'has no effect in agent mode, where nothing installs a system');
  if (data.flag('install', 'poweroff') === true && data.flag('install', 'reboot') === true)
    report(
      'warning',
      ['install', 'reboot'],
      'is asked for together with poweroff; a host can do one of them',
    );
  for (const item of data.items('install', 'bind_mounts')) {
    const folder = data.text(...item);
    if (folder !== undefined && !folder.startsWith('/'))
      report('error', item, 'expected a path from the root, such as /var/lib/osd');
  }
}
