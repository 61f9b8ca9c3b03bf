/** Which cloud a machine is in, by the marks that ds-identify of cloud-init knows. */
import test from 'ava';
import { type Firmware, isMarked, notHere } from '../../../src/runtime/data-sources/firmware.ts';

const plain: Firmware = {
  sys_vendor: 'QEMU',
  product_name: 'Standard PC (i440FX + PIIX, 1996)',
  product_serial: '',
  product_uuid: '12345678-1234-1234-1234-123456789abc',
  chassis_asset_tag: '',
};
const ec2 = 'ec2cac25-3c07-4d0a-8f5c-1d2b3a4c5d6e';
const machines: readonly (readonly [string, Partial<Firmware>])[] = [
  ['aws', { sys_vendor: 'Amazon EC2' }],
  ['aws', { product_uuid: ec2, product_serial: ec2.toUpperCase() }],
  ['azure', { chassis_asset_tag: '7783-7084-3265-9085-8269-3286-77' }],
  ['digitalocean', { sys_vendor: 'DigitalOcean' }],
  ['gcp', { product_name: 'Google Compute Engine' }],
  ['gcp', { product_serial: 'GoogleCloud-0123' }],
  ['hetzner', { sys_vendor: 'Hetzner' }],
  ['openstack', { product_name: 'OpenStack Nova' }],
  ['openstack', { product_name: 'OpenStack Compute' }],
  ['openstack', { chassis_asset_tag: 'OpenTelekomCloud' }],
  ['openstack', { chassis_asset_tag: 'HUAWEICLOUD' }],
  ['openstack', { chassis_asset_tag: 'SAP CCloud VM' }],
  ['oracle', { chassis_asset_tag: 'OracleCloud.com' }],
  ['scaleway', { sys_vendor: 'Scaleway' }],
  ['vultr', { sys_vendor: 'Vultr' }],
];
const all = [...new Set(machines.map(([name]) => name))];

for (const [name, fields] of machines)
  test(`${JSON.stringify(fields)} is ${name} and nothing else`, (t) => {
    t.deepEqual(
      all.filter((one) => isMarked(one, { ...plain, ...fields })),
      [name],
    );
    t.deepEqual([...notHere(['cdrom', ...all, 'packet'], { ...plain, ...fields })].toSorted(), [
      ...[...all.filter((one) => one !== name), 'packet'].toSorted(),
    ]);
  });

test('a uuid that begins with ec2 by chance is not Amazon', (t) => {
  t.false(isMarked('aws', { ...plain, product_uuid: ec2, product_serial: 'abc' }));
});

test('another machine: only what has no mark is asked; disks always are; one service alone is', (t) => {
  t.deepEqual([...notHere(['cdrom', 'aws', 'packet'], plain)], ['aws']);
  t.deepEqual([...notHere(['cdrom', 'aws'], plain)], []);
  t.deepEqual([...notHere(['aws', 'gcp'], undefined)], []);
});
