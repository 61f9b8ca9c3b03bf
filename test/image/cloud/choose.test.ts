/** What a cloud decides, what wins over it, and what it refuses. */
import test from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../../src/errors.ts';
import { chosenSize, cloudFormat, imageName } from '../../../src/image/cloud/choose.ts';
import { type Cloud, cloudNames, clouds } from '../../../src/image/cloud/clouds.ts';

const GiB = 2 ** 30;

test('the row decides, and what was asked for wins', (t) => {
  t.deepEqual(cloudFormat('hetzner', {}), { format: 'raw', compress: 'xz' });
  t.deepEqual(cloudFormat('hetzner', { compress: 'zst' }), { format: 'raw', compress: 'zst' });
  t.deepEqual(cloudFormat('hetzner', { format: 'qcow2' }), { format: 'qcow2', compress: null });
  t.deepEqual(cloudFormat('azure', { format: 'vhdx', compress: 'gz' }), { format: 'vhdx', compress: 'gz' });
  t.deepEqual(cloudFormat('azure', {}), { format: 'vhd', compress: null });
  t.throws(() => cloudFormat('vsphere', { compress: 'gz' }), { code: 'format-not-compressed' });
});

test('a name that was given says how the file is compressed, and may not say another format', (t) => {
  t.deepEqual(cloudFormat('hetzner', { output: 'a/node.img' }), { format: 'raw', compress: null });
  t.deepEqual(cloudFormat('hetzner', { output: 'node.raw.zst' }), { format: 'raw', compress: 'zst' });
  t.deepEqual(cloudFormat('gcp', { output: 'node.tar.gz' }), { format: 'gce', compress: null });
  t.deepEqual(cloudFormat('oracle', { output: 'node' }), { format: 'qcow2', compress: null });
  t.deepEqual(cloudFormat('azure', { output: 'node.img', format: 'raw' }), { format: 'raw', compress: null });
  const error = t.throws(() => cloudFormat('azure', { output: 'node.img' }), {
    instanceOf: OpsError,
    code: 'cloud-format',
  });
  t.is(error.kind, 'usage');
  t.is(error.message, 'node.img says raw, but images for Microsoft Azure are vhd');
  t.is(error.hint, 'Give it a name that ends with .vhd, or --format raw.');
});

test('names say version, cloud, architecture and form', (t) => {
  const system = { version: '0.1.0', arch: 'amd64' };
  const name = (cloud: (typeof cloudNames)[number]) => imageName(cloud, system, cloudFormat(cloud, {}));
  t.deepEqual(cloudNames.map(name), [
    ...['bos-0.1.0-aws-amd64.raw', 'bos-0.1.0-azure-amd64.vhd', 'bos-0.1.0-gcp-amd64.tar.gz'],
    ...['bos-0.1.0-hetzner-amd64.raw.xz', 'bos-0.1.0-openstack-amd64.qcow2'],
    ...['bos-0.1.0-digitalocean-amd64.raw.gz', 'bos-0.1.0-oracle-amd64.qcow2'],
    ...['bos-0.1.0-scaleway-amd64.qcow2', 'bos-0.1.0-ovh-amd64.qcow2', 'bos-0.1.0-vsphere-amd64.ova'],
    ...['bos-0.1.0-proxmox-amd64.qcow2', 'bos-0.1.0-kubevirt-amd64.qcow2', 'bos-0.1.0-vagrant-amd64.ova'],
    'bos-0.1.0-nutanix-amd64.qcow2',
  ]);
});

test('the smallest disk is rounded up to what a cloud takes', (t) => {
  t.is(chosenSize('gcp', 2.5e9, undefined), 3 * GiB);
  t.is(chosenSize('aws', 2.5e9, undefined), 2385 * 2 ** 20);
});

test('a size that the cloud does not take is refused, with one that it takes', (t) => {
  const error = t.throws(() => chosenSize('gcp', 2.5e9, 3e9), { instanceOf: OpsError, code: 'cloud-size' });
  t.is(error.kind, 'refused');
  t.regex(error.message, /Google Cloud takes disks of whole GiB alone, not 3000000000 bytes/);
  t.regex(error.hint ?? '', /--size 3GiB/);
  t.throws(() => chosenSize('azure', 2.5e9, 4e9 + 1), { code: 'cloud-size', message: /whole MiB/ });
  t.throws(() => chosenSize('digitalocean', 2.5e9, 200 * GiB), {
    code: 'cloud-size',
    message: /at most 100 GB/,
  });
});

test('property: a size is a whole multiple that is no smaller, within the limit, or it is refused', (t) => {
  const size = fc.integer({ min: 1, max: 2e12 });
  fc.assert(
    fc.property(
      fc.constantFrom(...cloudNames),
      size,
      fc.option(size, { nil: undefined }),
      (name, smallest, asked) => {
        const rule: Cloud['size'] = clouds[name].size;
        let chosen: number;
        try {
          chosen = chosenSize(name, smallest, asked);
        } catch (error) {
          t.true(error instanceof OpsError && error.code === 'cloud-size');
          const wanted = asked ?? smallest;
          t.true(
            (asked !== undefined && asked % rule.multiple !== 0) ||
              wanted > (rule.largest ?? Infinity) - rule.multiple,
          );
          return;
        }
        t.is(chosen % rule.multiple, 0);
        t.true(chosen >= (asked ?? smallest) && chosen <= (rule.largest ?? Infinity));
        if (asked !== undefined) t.is(chosen, asked);
      },
    ),
  );
});
