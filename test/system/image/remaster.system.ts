/**
 * Remastered ISOs boot: each way of changing one × BIOS and UEFI × CD, IDE, virtio and USB, up to GRUB, which says the
 * arguments and the file that were put in. Some go on to the system, where Linux's own isofs reads what was changed.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { verifyIso } from '../../../src/iso/inspect/verify.ts';
import { type Method, methods } from '../../../src/iso/pieces.ts';
import { remaster } from '../../../src/iso/remaster.ts';
import type { DiskInput } from '../../../src/vm/machine.ts';
import { bootLimit, ok } from '../support/boots.ts';
import type { Fixture, SystemContext, SystemTest } from '../support/machines.ts';
import { remasteredIso } from '../support/remastered-iso.ts';
import { makeSmallIso } from '../support/small-boot-iso.ts';

export const issue = 6;

const smallIso = 'a small ISO that says its arguments';
const remastered = (method: Method) => `the small ISO, remastered by ${method}`;
const file = 'small.iso';

/** A file goes in too, but where nothing may be added. */
const addsFile = (method: Method) => method !== 'same-room';

async function remasterSmall(t: SystemContext, method: Method): Promise<void> {
  const iso = join(t.folder, file);
  await t.host.files.copy(join(t.fixture(smallIso), file), iso);
  const added = join(t.folder, 'file.cfg');
  await t.host.files.write(added, `echo GRUB-ADDED ${method}\n`);
  const result = await remaster({
    host: t.host,
    iso,
    request: {
      menu: { append: [`way=${method}`], delete: ['plain'], replace: [] },
      add: addsFile(method) ? [{ source: added, path: 'added/file.cfg' }] : [],
      remove: [],
      method,
    },
  });
  assert.equal(result.method, method);
  const source = await t.host.files.open(iso, 'r');
  try {
    assert.deepEqual((await verifyIso(source, file)).faults, []);
  } finally {
    await source.close();
  }
}

export const fixtures: Fixture[] = [
  {
    name: smallIso,
    seconds: 1,
    make: async (t) => {
      await makeSmallIso(t);
    },
  },
  ...methods.map((method) => ({
    name: remastered(method),
    seconds: 1,
    uses: [smallIso],
    make: (t: SystemContext) => remasterSmall(t, method),
  })),
];

const firmwares = ['bios', 'uefi'] as const;
const buses = ['cd', 'ide', 'virtio', 'usb'] as const satisfies readonly DiskInput['bus'][];

/** Every pair of a way, a firmware and a bus is in one of these rows. */
const inPairs = (method: number, firmware: number, bus: number) => (method + bus) % 2 === firmware;

const matrix: SystemTest[] = methods.flatMap((method, row) =>
  firmwares.flatMap((firmware, column) =>
    buses.map(
      (bus, place): SystemTest => ({
        name: `remastered by ${method}: GRUB from ${bus} on ${firmware}`,
        seconds: firmware === 'bios' ? 2 : 6,
        uses: [remastered(method)],
        ...(inPairs(row, column, place) ? {} : { soak: true }),
        run: async (t) => {
          // QEMU has no IDE disks that cannot be written to.
          const kept = bus === 'ide' ? { snapshot: true } : { readOnly: true };
          const disk = { id: 'medium', file: join(t.fixture(remastered(method)), file), bus, ...kept };
          const session = await t.start({
            firmware,
            memory: 256,
            disks: [disk],
            network: null,
            graphics: false,
          });
          await session.awaitText(`GRUB-MARKER way=${method}`, bootLimit);
          if (addsFile(method)) await session.awaitText(`GRUB-ADDED ${method}`, bootLimit);
          await session.awaitText('GRUB-END', bootLimit);
          session.mark('marker');
        },
      }),
    ),
  ),
);

const config = 'hostname: remastered\n';

/** The real ISO with an argument, a configuration and a file, by one way; then its system looks at all that. */
const toSystem = (
  method: Method,
  firmware: (typeof firmwares)[number],
  bus: (typeof buses)[number],
  seconds: number,
): SystemTest => ({
  name: `remastered by ${method}: the system from ${bus} on ${firmware} has the arguments and the configuration`,
  seconds,
  run: async (t) => {
    const note = join(t.folder, 'note');
    await t.host.files.write(note, 'a note\n');
    const { iso } = await remasteredIso(t, config, {
      menu: { append: [String.raw`bos.environment[WAY]="two words $5 \x22q\x22 \xc3\xbc"`] },
      add: [{ source: note, path: 'notes/note' }],
      method,
    });
    const disk = { id: 'medium', file: iso, bus, readOnly: true };
    const session = await t.start({ firmware, memory: 1024, disks: [disk], network: null });
    await session.login('bhojpur', bootLimit);
    t.log(`${session.mark('login')} ms to login`);
    assert.equal((await ok(session, 'cat /proc/sys/kernel/hostname')).trim(), 'remastered');
    assert.equal(
      (await ok(session, 'sudo opsctl config get bos.environment')).trim(),
      'WAY=two words $5 "q" ü',
    );
    const boot = JSON.parse(await ok(session, 'cat /run/bos/boot.json'));
    t.log(`from ${boot.medium}`);
    assert.equal(await ok(session, 'cat /run/bos/medium/notes/note'), 'a note\n');
    // Linux reads the tree of the whole medium, and on disks that of its first partition: not after appending, when
    // what lies behind its end is not in it and its own tree is given up. Through loop devices, since the medium is in
    // use.
    const whole = bus === 'cd' ? '/dev/sr0' : bus === 'virtio' ? '/dev/vda' : '/dev/sda';
    for (const device of bus === 'cd' || method === 'append' ? [whole] : [whole, `${whole}1`]) {
      const loop = (await ok(session, `sudo losetup --read-only --find --show ${device}`)).trim();
      await ok(session, `sudo mount -o ro -t iso9660 ${loop} /mnt`);
      assert.equal(await ok(session, 'cat /mnt/notes/note'), 'a note\n');
      assert.equal(await ok(session, 'sudo cat /mnt/bos/system/config.yaml'), config);
      await ok(session, `sudo umount /mnt && sudo losetup --detach ${loop}`);
    }
  },
});

export const tests: SystemTest[] = [
  ...matrix,
  // In `make test` the installation from a remastered ISO (remaster-install.system.ts) goes this way.
  { ...toSystem('padding', 'bios', 'virtio', 35), soak: true },
  { ...toSystem('append', 'uefi', 'usb', 60), soak: true },
];
