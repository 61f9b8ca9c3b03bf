/** The table of clouds: its rows agree with the rest of the project, and every driver is where it is needed. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { consoleWords } from '../../../src/boot/command-line.ts';
import { parseModuleList } from '../../../src/build/stages/initrd.ts';
import { rows as keys } from '../../../src/config/keys/keys.ts';
import { type Cloud, cloudNames, clouds } from '../../../src/image/cloud/clouds.ts';

const modules = new URL('../../../os/initrd/modules.txt', import.meta.url);
const sameName = (name: string) => name.replaceAll('-', '_');
const rows = Object.entries(clouds) as [string, Cloud][];

test('every cloud that was promised has a row', (t) => {
  t.deepEqual(cloudNames, [
    ...['aws', 'azure', 'gcp', 'hetzner', 'openstack', 'digitalocean', 'oracle'],
    ...['scaleway', 'ovh', 'vsphere', 'proxmox', 'kubevirt', 'vagrant', 'nutanix'],
  ]);
});

for (const [name, { consoles, dataSources, size, format, compress }] of rows) {
  test(`${name}: its data sources exist`, (t) => {
    const key = keys.find((row) => row.name === 'bos.data_sources');
    const known = key !== undefined && 'choices' in key ? (key.choices as readonly string[]) : [];
    t.deepEqual(
      dataSources.filter((source) => !known.includes(source)),
      [],
    );
  });

  test(`${name}: screen and serial port, each once, as a boot menu takes them`, (t) => {
    t.deepEqual(consoles.map((each) => each.replace(/,.*/, '')).toSorted(), ['tty0', 'ttyS0']);
    const words = consoles.map((each) => `console=${each}`);
    t.deepEqual(consoleWords(words.join(' ')), words);
  });

  test(`${name}: sizes are whole MiB, and what is packed already is not packed again`, (t) => {
    t.is(size.multiple % 2 ** 20, 0);
    t.is((size.largest ?? 0) % size.multiple, 0);
    if (['ova', 'gce', 'vmdk'].includes(format)) t.is(compress, undefined);
  });
}

test('the drivers of every disk are in the initrd', (t) => {
  const listed = new Set(parseModuleList(readFileSync(modules, 'utf8')).map(sameName));
  const missing = rows.flatMap(([name, { drivers }]) =>
    drivers.disk.filter((module) => !listed.has(sameName(module))).map((module) => `${name}: ${module}`),
  );
  t.deepEqual(missing, []);
  for (const [name, { drivers }] of rows) t.true(drivers.disk.length > 0 && drivers.network.length > 0, name);
});

test('what clouds are known for is not forgotten', (t) => {
  const all = (name: keyof typeof clouds) => Object.values(clouds[name].drivers).flat() as string[];
  const has = (name: keyof typeof clouds, ...drivers: string[]) =>
    t.deepEqual(
      drivers.filter((driver) => !all(name).includes(driver)),
      [],
      name,
    );
  has('aws', 'nvme', 'ena');
  has('azure', 'hv_vmbus', 'hv_storvsc', 'hv_netvsc');
  has('gcp', 'nvme', 'virtio_scsi', 'gve');
  has('vsphere', 'vmw_pvscsi', 'vmxnet3');
  for (const name of ['hetzner', 'openstack', 'digitalocean', 'proxmox', 'kubevirt'] as const)
    has(name, 'virtio_blk', 'virtio_scsi', 'virtio_net');
});
