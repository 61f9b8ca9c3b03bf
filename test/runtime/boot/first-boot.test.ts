/**
 * In which order the boot phase makes what is to last, and who may read it: what a power cut during the first boot
 * leaves behind, and what another account finds, is a question to the log of effects.
 */
import test from 'ava';
import { identityParts } from '../../../src/runtime/boot/identity.ts';
import { mountState } from '../../../src/runtime/boot/state-mount.ts';
import { type FakeRoot, fakeRoot, real } from '../fake-root.ts';

const uid = real.system.uid;
const onDisk = { mode: 'disk', state: '/dev/vda3' };
const data = 'ROOT/run/bos/state/bos/data';
const identity = 'ROOT/var/lib/bhojpur';

async function effectsOf(fake: FakeRoot, work: () => Promise<unknown>): Promise<string[]> {
  fake.effects.length = 0;
  await work();
  return [...fake.effects];
}

test('the data folders are filled under another name, on the disk, and named before anything is mounted', async (t) => {
  const fake = await fakeRoot(t, onDisk);
  await fake.write('usr/lib/dpkg/status', 'Package: a\n');
  t.deepEqual(await effectsOf(fake, () => mountState(fake.host, fake.root)), [
    'run mount -o remount,rw ROOT/run/bos/state',
    ...['home', 'var', 'opt'].map((name) => `mkdir ${data}/${name} 0755`),
    `remove ${data}/var.new`,
    `run cp -a ROOT/usr/lib/bhojpur/var-template ${data}/var.new`,
    `run sync -f ${data}/var.new`,
    `rename ${data}/var.new -> ${data}/var`,
    `run sync -f ${data}`,
    ...[`mkdir ${data}/var/lib/dpkg 0755`, `replace ${data}/var/lib/dpkg/status 0644`],
    `mkdir ${data}/var/local 0755`,
    // What belongs to the user is never there without its mode and owner.
    `remove ${data}/home/.bhojpur.new`,
    `run cp -a ROOT/etc/skel ${data}/home/.bhojpur.new`,
    `chmod ${data}/home/.bhojpur.new 0750`,
    `run chown -R ${uid}:${uid} ${data}/home/.bhojpur.new`,
    `rename ${data}/home/.bhojpur.new -> ${data}/home/bhojpur`,
    ...['home', 'var', 'opt'].flatMap((name) => [
      `mkdir ROOT/${name} 0755`,
      `run mount --bind ${data}/${name} ROOT/${name}`,
    ]),
  ]);
});

test('without a skeleton the home is an empty folder of the same mode', async (t) => {
  const fake = await fakeRoot(t, onDisk);
  await real.files.remove(`${fake.root}/etc/skel`);
  await mountState(fake.host, fake.root);
  t.is(await fake.mode('run/bos/state/bos/data/home/bhojpur'), '750');
});

test('the machine id is kept whole, for everybody to read and nobody to write', async (t) => {
  const fake = await fakeRoot(t);
  const made = await effectsOf(fake, () => identityParts['machine-id'](fake.host, fake.root));
  t.deepEqual(made, [
    `mkdir ${identity} 0755`,
    `replace ${identity}/machine-id 0444`,
    'replace ROOT/etc/machine-id 0444',
  ]);
});

test('a generated name has 32 bits, and a node keeps the shorter one that its cluster knows', async (t) => {
  const names = new Set<string>();
  for (let count = 0; count < 5; count++) {
    const fake = await fakeRoot(t);
    await identityParts.hostname(fake.host, fake.root, {});
    const name = (await fake.read('etc/hostname')).trim();
    t.regex(name, /^bhojpur-[0-9a-f]{8}$/);
    names.add(name);
    await identityParts.hostname(fake.host, fake.root, {});
    t.is((await fake.read('etc/hostname')).trim(), name);
  }
  t.is(names.size, 5);
  const old = await fakeRoot(t);
  await old.write('var/lib/bhojpur/hostname', 'bhojpur-952f\n');
  await identityParts.hostname(old.host, old.root, {});
  t.is(await old.read('etc/hostname'), 'bhojpur-952f\n');
});

test('the generated name is kept before it is given', async (t) => {
  const fake = await fakeRoot(t);
  const made = await effectsOf(fake, () => identityParts.hostname(fake.host, fake.root, {}));
  t.deepEqual(made, [
    `mkdir ${identity} 0755`,
    `replace ${identity}/hostname 0644`,
    'replace ROOT/etc/hosts 0644',
    'create ROOT/proc/sys/kernel/hostname 0644-umask',
    'write ROOT/proc/sys/kernel/hostname 0+16',
    // Last: that it is there says that the name is set.
    'replace ROOT/etc/hostname 0644',
  ]);
});

for (const type of ['ed25519', 'ecdsa'])
  test(`the ${type} host key: the private half named last, for root alone, nothing left behind`, async (t) => {
    const fake = await fakeRoot(t);
    const made = await effectsOf(fake, () => identityParts['host keys'](fake.host, fake.root));
    t.deepEqual(
      made.filter((line) => line.includes(type) && !line.includes('ROOT/etc/')),
      [
        `replace ${identity}/ssh/ssh_host_${type}_key.pub 0644`,
        `replace ${identity}/ssh/ssh_host_${type}_key 0600`,
      ],
    );
    t.deepEqual(
      made.filter((line) => line.includes(`ROOT/etc/ssh/ssh_host_${type}`)),
      [
        `replace ROOT/etc/ssh/ssh_host_${type}_key 0600`,
        `replace ROOT/etc/ssh/ssh_host_${type}_key.pub 0644`,
      ],
    );
    t.is(made[0], `mkdir ${identity}/ssh 0700`);
    t.true(made.includes('mkdir ROOT/etc/ssh 0755'));
    t.is(await fake.mode('var/lib/bhojpur/ssh'), '700');
  });

test('the folder for the password of the DCP node is for root alone, the link to it is not', async (t) => {
  const fake = await fakeRoot(t);
  const made = await effectsOf(fake, () => identityParts['DCP node'](fake.host, fake.root));
  t.deepEqual(made, [
    `mkdir ${identity}/node 0700`,
    'mkdir ROOT/etc/bhojpur 0755',
    'symlink ROOT/etc/bhojpur/node -> /var/lib/bhojpur/node',
  ]);
});
