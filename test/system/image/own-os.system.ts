/**
 * Somebody's own OS: a Debian that its own tools made, as an image that skopeo packed, boots from our medium, installs,
 * and is upgraded to what its next image makes.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { createImage } from '../../../src/image/create/create.ts';
import type { Firmware } from '../../../src/vm/machine.ts';
import { bootLimit, hasStarted, ok, switchOff, target } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';
import { isoOf, nextOwnOs, ownOs, ownOsFixtures, versions } from '../support/other-systems/own-os.ts';
import { password, settled } from '../support/upgrades/recorded-upgrade.ts';

export const issue = 18;

export const fixtures = ownOsFixtures;

/** A disk image of its ISO, with a password. */
async function diskImage(t: SystemContext): Promise<string> {
  const [config, output] = [join(t.folder, 'config.yaml'), join(t.folder, 'disk.img')];
  await t.host.files.write(config, `bos:\n  password: ${password}\n`);
  await createImage(
    t.host,
    {
      ...{ from: isoOf(t, ownOs), output, format: 'raw', config, append: [] },
      ...{ allowNoLogin: false, force: false, checksums: false, size: 4e9 - (4e9 % 2 ** 20) },
    },
    { emit: () => {}, signal: new AbortController().signal },
  );
  return output;
}

const upgraded = (firmware: Firmware): SystemTest => ({
  name: `an own OS as a disk image by ${firmware}, upgraded to its next image, which proves itself`,
  seconds: 400,
  soak: true,
  uses: [ownOs, nextOwnOs],
  run: async (t) => {
    const session = await t.start({
      ...{ firmware, memory: 1024 },
      disks: [
        { id: 'disk', file: await diskImage(t), bus: 'virtio', cache: 'unsafe' },
        { id: 'next', file: isoOf(t, nextOwnOs), bus: 'cd', readOnly: true },
      ],
    });
    assert.equal((await settled(session)).os, versions[ownOs]);
    await ok(
      session,
      `${firmware === 'bios' ? '! ' : ''}test -d /sys/firmware/efi && grep -x mine /srv/mine`,
    );
    assert.match(
      await ok(session, 'sudo opsctl upgrade /dev/sr0', bootLimit.timeoutMs),
      /The next start is of 7\.2\.0/,
    );
    session.type('sudo systemctl reboot\n');
    const after = await settled(session);
    assert.equal(after.os, versions[nextOwnOs]);
    assert.equal(after.last?.end, 'proved', JSON.stringify(after.last));
    await ok(session, 'grep -x changed /srv/mine && systemctl is-active nginx ssh connman');
    // What is proved is what starts from now on.
    session.type('sudo systemctl reboot\n');
    assert.equal((await settled(session)).os, versions[nextOwnOs]);
    assert.doesNotMatch(await ok(session, 'cat /proc/cmdline'), /bos\.upgrade\.try/);
    await switchOff(session);
  },
});

export const tests: readonly SystemTest[] = [
  {
    name: 'an own OS boots from our medium, with its packages, and installs with a configuration',
    seconds: 160,
    soak: true,
    uses: [ownOs],
    run: async (t) => {
      const iso = isoOf(t, ownOs);
      const disk = await target(t, 'virtio');
      const live = await t.start({
        firmware: 'bios',
        memory: 1024,
        disks: [{ id: 'medium', file: iso, bus: 'cd', readOnly: true }, disk],
      });
      await live.login('bhojpur', bootLimit);
      assert.match(live.console.text, /bos: system found: Bhojpur OS 7\.1\.0/);
      assert.match(await ok(live, 'cat /etc/os-release'), /^ID=debian$/m);
      assert.equal(
        (await ok(live, 'cat /srv/mine /usr/local/mine')).trim(),
        'mine\r\nlocal'.replace('\r', ''),
      );
      await hasStarted(live);
      await ok(live, 'systemctl is-active nginx ssh connman');
      // Debian's own keep their journal in /var, which is memory here.
      await ok(live, 'sudo ls /run/log/journal/*/system.journal && ! test -e /var/log/journal');
      await ok(
        live,
        "printf 'hostname: mine\\nbos: {password: secret}\\nrun_cmd: [echo ran > /run/ran]\\n' > /tmp/c.yaml",
      );
      await ok(live, 'sudo opsctl install /dev/vda --config /tmp/c.yaml --silent', bootLimit.timeoutMs);
      await switchOff(live);

      const installed = await t.start({ firmware: 'bios', memory: 1024, disks: [disk] });
      await installed.login('bhojpur', { ...bootLimit, password: 'secret' });
      await ok(installed, "timeout 120 sh -c 'until test -e /run/ran; do sleep 1; done'");
      assert.equal((await ok(installed, 'hostname')).trim(), 'mine');
      assert.match(await ok(installed, 'sudo opsctl status'), /7\.1\.0/);
      await hasStarted(installed);
      await ok(installed, 'systemctl is-active nginx ssh connman');
      // Kept: journald has to let go of /var before it is unmounted, which switchOff sees.
      await ok(installed, 'sudo ls /var/log/journal/*/system.journal');
      await switchOff(installed);
    },
  },
  {
    name: 'an own OS boots from our medium by UEFI',
    seconds: 130,
    soak: true,
    uses: [ownOs],
    run: async (t) => {
      const iso = isoOf(t, ownOs);
      const live = await t.start({
        firmware: 'uefi',
        memory: 1024,
        disks: [{ id: 'medium', file: iso, bus: 'cd', readOnly: true }],
      });
      await live.login('bhojpur', bootLimit);
      await ok(live, 'test -d /sys/firmware/efi && grep -x mine /srv/mine');
      await hasStarted(live);
      await ok(live, 'systemctl is-active nginx ssh connman');
      await switchOff(live);
    },
  },
  upgraded('bios'),
  upgraded('uefi'),
];
