/**
 * Somebody's own root file system as the initrd wants it: `/usr` and `/etc` with the user of a node; what lies in folders that
 * are kept on a disk, or made anew at every boot, goes below `/usr` and is put back from there. The kernel's parts go.
 */
import type { ByteSource } from '../../formats/bytes.ts';
import type { Host } from '../../host/ports.ts';
import { writeBytes } from '../archive.ts';
import { parseStanzas } from '../inventory/debian-version.ts';
import { inventoryFolder } from '../inventory/inventory.ts';
import type { Stage } from '../stage.ts';
import { withPerson } from './accounts.ts';
import { type Draft, draftOf } from './draft.ts';
import { layered } from './layers.ts';
import { type Look, lookInto } from './look.ts';
import { neededUnits } from './programs.ts';
import { rootBytes } from './root-bytes.ts';
import type { Node } from './tree.ts';

const licences = `${inventoryFolder}/licenses`;
const template = 'usr/lib/bhojpur/var-template';
/** What is put back by systemd-tmpfiles(8), by its own path. */
const kept = 'usr/lib/bhojpur/own';
const tmpfiles = 'usr/lib/tmpfiles.d/bos-own.conf';

/** The folders that the initrd makes, or that come from another image. */
const made = ['dev', 'proc', 'run', 'sys', 'tmp', 'mnt', 'media', 'boot', 'bos', 'bhojpur'];
const remaining = ['usr', 'etc', 'bin', 'sbin', 'lib', 'lib64'];
/** Filled for a person: copied once, so that what is changed there stays. */
const copied = ['home', 'root'];

/** What must differ between machines, or belongs to the tool that made the image. */
const removed = [
  ...['.dockerenv', 'vmlinuz', 'vmlinuz.old', 'initrd.img', 'initrd.img.old', 'etc/hostname', 'etc/fstab'],
  ...['etc/machine-id', 'etc/.pwd.lock', 'var/lib/dbus/machine-id', 'var/lib/systemd/random-seed'],
  ...['var/cache/apt', 'var/lib/apt', 'var/tmp', 'usr/lib/modules', 'usr/lib/firmware'],
];

/** Beside those of our own image: what else would set up the network or the clock, which connman does. */
const othersOff = [
  ...['NetworkManager.service', 'NetworkManager-wait-online.service', 'networking.service'],
  ...['systemd-networkd.socket', 'systemd-networkd-wait-online.service', 'systemd-resolved.service'],
  ...['systemd-timesyncd.service', 'dhcpcd.service'],
];

/** Of os/masked-units those that are off in every system: the lines before its second heading. */
export function unitsOfAll(text: string): string[] {
  const [, units = ''] = /^(?:#.*\n)+([^#]*)/.exec(text) ?? [];
  return units.split('\n').filter((line) => line !== '');
}

export interface AdaptParts {
  /** Units to be turned off. */
  readonly masked: readonly string[];
  /** Text of os/local-config.yaml. */
  readonly configuration: string;
  /** What is laid over it: whatever is there makes way, folders too. */
  readonly replaced: readonly string[];
}

/** Makes `base.tar`, as the stage of Debian's packages does. */
export function adaptStage(
  host: Host,
  needs: Readonly<Record<'root', Stage>>,
  parts: AdaptParts,
): Stage<'root'> {
  return {
    name: 'base',
    title: 'Fit the root file system',
    inputs: { parts, format: 2 },
    needs,
    make: async ({ folder, from, percent }) => {
      const archive = await host.files.open(`${from.root}/root.tar`, 'r');
      try {
        const root = await layered([{ name: 'root.tar', source: archive }]);
        percent(10);
        const draft = draftOf(root);
        await adapt(draft, lookInto(root, archive), parts);
        const sources: ByteSource[] = [archive, draft.texts()];
        await writeBytes(host.files, `${folder}/base.tar`, rootBytes(root, sources));
      } finally {
        await archive.close();
      }
    },
  };
}

export async function adapt(draft: Draft, look: Look, parts: AdaptParts): Promise<void> {
  const [accounts, status, texts] = [
    await withUser(look),
    await packageStatus(look),
    copyrights(draft, look),
  ];
  for (const path of [...removed, ...parts.replaced]) draft.remove(path);
  for (const [name, text] of Object.entries(accounts))
    draft.put(`etc/${name}`, text, name.endsWith('shadow') ? 0o600 : 0o644);
  draft.put('etc/sudoers.d/bhojpur', 'bhojpur ALL=(ALL:ALL) NOPASSWD: ALL\n', 0o440);
  draft.put('usr/lib/dpkg/status', status, 0o644);
  draft.folder(licences);
  for (const [name, node] of texts) draft.name(`${licences}/${name}/copyright`, node);
  removeHostKeys(draft);
  setUnits(draft, parts.masked);
  for (const name of ['poweroff', 'reboot', 'halt', 'shutdown'])
    if (look.node(`usr/bin/${name}`) === undefined) draft.link(`usr/bin/${name}`, '../lib/bhojpur/power');
  draft.link('etc/resolv.conf', '/run/connman/resolv.conf');
  draft.put('etc/machine-id', '', 0o444);
  // Where opsctl's boot looks for what belongs into /var.
  draft.move('var', template);
  draft.move('usr/local', `${template}/local`);
  draft.folder('var');
  draft.folder(`${template}/local`);
  draft.link('usr/local', '/var/local');
  draft.folder(`${template}/lib/bhojpur/os/config.d`);
  draft.put(`${template}/lib/bhojpur/os/config.yaml`, parts.configuration, 0o600);
  for (const path of ['usr/lib/modules', 'usr/lib/firmware']) draft.folder(path);
  keepOthers(draft);
}

async function withUser(look: Look) {
  const read = async (path: string) => (await look.text(path)) ?? '';
  return withPerson({
    passwd: await read('etc/passwd'),
    shadow: await read('etc/shadow'),
    group: await read('etc/group'),
    gshadow: await read('etc/gshadow'),
  });
}

/** What is installed, for the list in the image: only packages that are there. */
async function packageStatus(look: Look): Promise<string> {
  const stanzas = ((await look.text('var/lib/dpkg/status')) ?? '')
    .split(/\n(?:[ \t]*\n)+/)
    .filter((text) => / installed$/.test(parseStanzas(text)[0]?.get('Status') ?? ''));
  return stanzas.map((text) => `${text.trim()}\n`).join('\n');
}

/** For where the inventory of an image looks: by package. */
function copyrights(draft: Draft, look: Look): [name: string, node: Node][] {
  return draft.names('usr/share/doc').flatMap((name): [string, Node][] => {
    const node = look.node(`usr/share/doc/${name}/copyright`);
    return node?.kind === 'file' ? [[name, node]] : [];
  });
}

function removeHostKeys(draft: Draft): void {
  for (const name of draft.names('etc/ssh')) if (/^ssh_host_/.test(name)) draft.remove(`etc/ssh/${name}`);
}

function setUnits(draft: Draft, masked: readonly string[]): void {
  const folder = 'etc/systemd/system';
  for (const unit of [...masked, ...othersOff]) draft.link(`${folder}/${unit}`, '/dev/null');
  draft.link(`${folder}/default.target`, '/usr/lib/systemd/system/multi-user.target');
  for (const unit of Object.keys(neededUnits)) {
    draft.remove(`${folder}/${unit}`);
    draft.link(`${folder}/multi-user.target.wants/${unit}`, `/usr/lib/systemd/system/${unit}`);
  }
}

/** Everything beside /usr and /etc is put back with every boot: by a link, or copied once where a person writes. */
function keepOthers(draft: Draft): void {
  const rules: string[] = [];
  for (const name of made) draft.remove(name);
  for (const top of draft.names('')) {
    if (remaining.includes(top) || top === 'var') continue;
    const inside = ['opt', 'srv', ...copied].includes(top)
      ? draft.names(top).map((name) => `${top}/${name}`)
      : [top];
    for (const path of inside) {
      draft.move(path, `${kept}/${path}`);
      rules.push(
        `${copied.includes(top) ? 'C' : 'L'} ${quoted(`/${path}`)} - - - - ${escaped(`/${kept}/${path}`)}`,
      );
    }
    draft.remove(top);
  }
  if (rules.length > 0) draft.put(tmpfiles, `${rules.join('\n')}\n`, 0o644);
}

/** Specifiers begin with a %, and words are read as a shell does (tmpfiles.d(5)). */
const escaped = (path: string) => path.replaceAll('%', '%%');
const quoted = (path: string) => `"${escaped(path).replaceAll(/["\\]/g, '\\$&')}"`;
