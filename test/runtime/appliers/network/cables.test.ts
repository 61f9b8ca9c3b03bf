/** /usr/lib/bhojpur/cables: what connman must have of a wired interface before it asks a DHCPv6 server. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../../../formats/support.ts';

const script = new URL('../../../../os/overlay/usr/lib/bhojpur/cables', import.meta.url).pathname;

test('wired cards, VLANs and bonds have settings, by the names of connman; what is there stays', (t) => {
  const folder = temporaryFolder(t);
  const at = (path: string) => join(folder, path);
  /** `parts` are folders that the kernel shows of it. */
  const card = (name: string, mac: string, parts: readonly string[], type = 1) => {
    for (const part of ['', ...parts]) mkdirSync(at(`net/${name}/${part}`), { recursive: true });
    writeFileSync(at(`net/${name}/type`), `${type}\n`);
    writeFileSync(at(`net/${name}/address`), `${mac}\n`);
  };
  card('eth0', '52:54:00:ab:cd:ef', ['device']);
  card('eth1', '52:54:00:ab:cd:01', ['device']);
  card('wlan0', '52:54:00:ab:cd:02', ['device', 'phy80211']);
  card('bond0', '52:54:00:ab:cd:03', ['bonding']);
  card('office', '52:54:00:ab:cd:ef', []);
  card('veth7', '52:54:00:ab:cd:04', []);
  card('ib0', '80:00:02:08:fe:80:00', ['device'], 32);
  mkdirSync(at('vlan'));
  writeFileSync(at('vlan/office'), 'office  VID: 50\t REORDER_HDR: 1  dev->priv_flags: 1021\n');
  mkdirSync(at('connman/ethernet_525400abcd01_cable'), { recursive: true });
  writeFileSync(at('connman/ethernet_525400abcd01_cable/settings'), 'mine\n');
  const said = execFileSync('sh', [script, at('net'), at('vlan'), at('connman')], { encoding: 'utf8' });
  t.is(said, '');
  t.deepEqual(readdirSync(at('connman')).toSorted(), [
    'ethernet_525400abcd01_cable',
    'ethernet_525400abcd03_cable',
    'ethernet_525400abcdef_032_cable',
    'ethernet_525400abcdef_cable',
  ]);
  const settings = (id: string) => at(`connman/ethernet_${id}_cable/settings`);
  t.is(readFileSync(settings('525400abcd01'), 'utf8'), 'mine\n');
  t.is(
    readFileSync(settings('525400abcdef'), 'utf8'),
    '[ethernet_525400abcdef_cable]\nName=Wired\nFavorite=true\nAutoConnect=true\n',
  );
  t.is(statSync(settings('525400abcdef')).mode & 0o777, 0o600);
});

test('without a network there is nothing to do', (t) => {
  const folder = temporaryFolder(t);
  execFileSync('sh', [script, join(folder, 'net'), join(folder, 'vlan'), join(folder, 'connman')]);
  t.deepEqual(readdirSync(folder), []);
});
