/**
 * How the initrd knows what belongs to an array, and when it starts one. Super blocks are made here by the description
 * in Linux, include/uapi/linux/raid/md_p.h; the kernel's files of sysfs are files in a folder.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { temporaryFolder } from '../formats/support.ts';
import { initrdFunctions } from './functions.ts';

const KiB = 1024;
const hex = '2c5f7ac82a3e4b169d0f1f6f3d2b7a11';
const uuid = '2c5f7ac8-2a3e-4b16-9d0f-1f6f3d2b7a11';

interface Member {
  readonly format: '0.90' | '1.0' | '1.1' | '1.2';
  /** Bytes of the device. */
  readonly size: number;
  /** By device number: its role, 0xfffe for one that has failed, 0xffff for a spare. */
  readonly roles?: readonly number[];
  /** Bytes that a super block of format 1 is away from where it says it is. */
  readonly shift?: number;
}

/** A device with the super block of a member. */
function device({ format, size, roles = [0, 1], shift = 0 }: Member): Buffer {
  const bytes = Buffer.alloc(size);
  if (format === '0.90') {
    const at = Math.floor(size / (64 * KiB)) * 64 * KiB - 64 * KiB;
    const words = [0xa92b4efc, 0, 90, 0, 0, 0x2c5f7ac8];
    for (const [index, word] of words.entries()) bytes.writeUInt32LE(word, at + index * 4);
    for (const [index, word] of [0x2a3e4b16, 0x9d0f1f6f, 0x3d2b7a11].entries())
      bytes.writeUInt32LE(word, at + (13 + index) * 4);
    bytes.writeUInt32LE(roles.filter((role) => role < 0xfffd).length, at + 34 * 4);
    return bytes;
  }
  const last = Math.floor((size / 512 - 16) / 8) * 8 * 512;
  const at = { '1.0': last, '1.1': 0, '1.2': 4096 }[format];
  bytes.writeUInt32LE(0xa92b4efc, at);
  bytes.writeUInt32LE(1, at + 4);
  Buffer.from(hex, 'hex').copy(bytes, at + 16);
  bytes.writeBigUInt64LE(BigInt((at + shift) / 512), at + 144);
  bytes.writeUInt32LE(roles.length, at + 220);
  for (const [index, role] of roles.entries()) bytes.writeUInt16LE(role, at + 256 + index * 2);
  return bytes;
}

/** Runs `script` with the initrd's functions, over devices and the kernel's files in a folder. */
function run(t: ExecutionContext, devices: Readonly<Record<string, Buffer>>, script: string) {
  const folder = temporaryFolder(t);
  for (const name of ['dev', 'run', 'sys/module/md_mod/parameters', 'sys/class/block/md126/md'])
    mkdirSync(join(folder, name), { recursive: true });
  for (const [name, bytes] of Object.entries(devices)) {
    writeFileSync(join(folder, 'dev', name), bytes);
    mkdirSync(join(folder, 'sys/class/block', name));
    writeFileSync(join(folder, 'sys/class/block', name, 'dev'), `254:${name.charCodeAt(2)}\n`);
  }
  const functions = initrdFunctions(folder, ['signatures', 'devices', 'arrays', 'volumes']);
  const stubs = `
say() { echo "$*"; }
blocks() { ls ${folder}/dev; }
has_partitions() { ls "${folder}/dev/$1"?* >/dev/null 2>&1; }
sectors_of() { echo $(($(stat -c %s "${folder}/dev/$1") / 512)); }
free_array_name() { echo md126; }
uptime_s() { cat ${folder}/run/clock 2>/dev/null || echo 100; }
`;
  const said = execFileSync('busybox', ['sh', '-c', `ARRAYS=''\n${functions}${stubs}${script}`], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', FOLDER: folder },
  });
  const read = (path: string) => {
    try {
      return readFileSync(join(folder, 'sys', path), 'utf8').trim();
    } catch {
      return '';
    }
  };
  return { said: said.trim(), read };
}

const ask = 'raid_member vda && echo "$RAID_FORMAT $RAID_UUID $RAID_WHOLE" || echo none';
const sizeOf = fc.integer({ min: 512, max: 4096 }).map((units) => units * 512);

for (const format of ['0.90', '1.0', '1.1', '1.2'] as const)
  test(`a member of format ${format}, on devices of any size`, (t) => {
    fc.assert(
      fc.property(
        sizeOf,
        fc.array(fc.constantFrom(0, 1, 2, 0xfffe, 0xffff), { maxLength: 8 }),
        (size, roles) => {
          const active = roles.filter((role) => role < 0xfffd).length;
          t.is(run(t, { vda: device({ format, size, roles }) }, ask).said, `${format} ${uuid} ${active}`);
        },
      ),
      { numRuns: 12 },
    );
  });

const size = 1024 * KiB;
const none = test.macro((t, bytes: Buffer, more: Readonly<Record<string, Buffer>> = {}) => {
  t.is(run(t, { vda: bytes, ...more }, ask).said, 'none');
});
test('nothing on it', none, Buffer.alloc(size));
test('a small device', none, Buffer.alloc(4 * KiB));
test('a super block of its last partition', none, device({ format: '1.0', size, shift: -KiB }));
test('a disk whose last partition has it', none, device({ format: '0.90', size }), {
  vda1: Buffer.alloc(size),
});

const member = (change: Partial<Member> = {}) => device({ format: '1.2', size, ...change });

test('an array that is named and whole is started, by its members alone, without writing', (t) => {
  const devices = { vda: member(), vdb: Buffer.alloc(size), vdc: member() };
  const { said, read } = run(t, devices, `ARRAYS=x,${uuid}; assemble; assemble`);
  t.is(said, '');
  t.is(read('module/md_mod/parameters/new_array'), 'md126');
  t.is(read('class/block/md126/md/metadata_version'), '1.2');
  // A file keeps what was written last.
  t.is(read('class/block/md126/md/new_dev'), `254:${'c'.charCodeAt(0)}`);
  t.is(read('class/block/md126/md/array_state'), 'read-auto');
});
test('an array that is not named stays as it is', (t) => {
  const { read } = run(t, { vda: member(), vdb: member() }, 'ARRAYS=another; assemble');
  t.is(read('module/md_mod/parameters/new_array'), '');
});
test('what a medium looks at is all of them', (t) => {
  const { read } = run(t, { vda: member(), vdb: member() }, 'ARRAYS=all; assemble');
  t.is(read('class/block/md126/md/array_state'), 'read-auto');
});
const clock = (seconds: number) => `echo ${seconds} > $FOLDER/run/clock; assemble; echo "[$PENDING]"`;
test('a mirror that misses a member waits ten seconds after the last one that came', (t) => {
  const early = run(t, { vda: member() }, `ARRAYS=all; ${clock(20)}; ${clock(29)}`);
  const waits = `array ${uuid}: 1 of 2 members are here; waiting up to 10 s for the others\n[1]`;
  t.is(early.said, `${waits}\n[1]`);
  t.is(early.read('class/block/md126/md/array_state'), '');
  const late = run(t, { vda: member() }, `ARRAYS=all; ${clock(20)}; ${clock(30)}`);
  t.is(late.said, `${waits}\narray ${uuid}: 1 of 2 members are here; starting it without the others\n[]`);
  t.is(late.read('class/block/md126/md/array_state'), 'read-auto');
});
test('a mirror that has long lost a member does not wait', (t) => {
  const { said, read } = run(t, { vda: member({ roles: [0xfffe, 1] }) }, 'ARRAYS=all; assemble');
  t.is(said, '');
  t.is(read('class/block/md126/md/array_state'), 'read-auto');
});

/** An ext4 super block is all that is looked for; an LVM label in the second sector. */
const ext4 = (bytes: Buffer) => {
  bytes.writeUInt16LE(0xef53, 1080);
  return bytes;
};
const isExt4 = 'is_ext4 vda && echo yes || echo no';
test('the file system on a member is that of the array, once arrays are looked for', (t) => {
  const bytes = ext4(device({ format: '1.0', size }));
  t.is(run(t, { vda: bytes }, `ARRAYS=${uuid}; ${isExt4}`).said, 'no');
  t.is(run(t, { vda: bytes }, isExt4).said, 'yes');
  t.is(run(t, { vda: ext4(Buffer.alloc(size)) }, `ARRAYS=${uuid}; ${isExt4}`).said, 'yes');
});

const label = Buffer.alloc(size);
label.write('LABELONE', 512);
label.write('LVM2 001', 536);
const fakeLvm = 'lvm() { echo "lvm $1 $2 $3 $4"; }; find() { :; };';
test('LVM is asked for the one volume, and again only for a new physical volume', (t) => {
  const volume = 'KzWwK3-8bJ1-2Yxq-0dFo-2vUq-JcHm-6fMZ0p';
  const script = `${fakeLvm} VOLUME=${volume}; activate_volume; activate_volume; cp $FOLDER/dev/vda $FOLDER/dev/vdc; activate_volume; cat $FOLDER/run/lvm.log; echo "$PHYSICAL_VOLUMES"`;
  const { said } = run(t, { vda: label, vdb: Buffer.alloc(size) }, script);
  t.is(said, `lvm lvchange -ay --select lv_uuid=${volume}\nvda vdc`);
  const nothing = `${fakeLvm} VOLUME=${volume}; activate_volume; ls $FOLDER/run`;
  t.is(run(t, { vdb: Buffer.alloc(size) }, nothing).said, '');
});

test('from a medium LVM is that of its system, which is there by its version and by a link', (t) => {
  const medium = '$FOLDER/run/medium/bos/system';
  const script = `
mount() { echo "mount $# $*" | sed "s|$FOLDER||g"; }
umount() { :; }
chroot() { echo "chroot $*" | sed "s|$FOLDER||g"; }
mkdir -p ${medium}/os/0.1.0; ln -s 0.1.0 ${medium}/os/current; touch ${medium}/manifest.json ${medium}/os/0.1.0/rootfs.squashfs
lvm vgchange -ay`;
  const { said } = run(t, {}, script);
  t.regex(
    said,
    /^mount 6 -t squashfs -o ro,loop \/run\/medium\/bos\/system\/os\/0\.1\.0\/rootfs\.squashfs \/run\/tools$/m,
  );
  t.regex(said, /^chroot \/run\/tools \/usr\/sbin\/lvm vgchange -ay$/m);
});
