/**
 * An ISO remastered in place that installs with no hand: it boots, its menu starts the installer by itself, the machine
 * powers off, and the disk boots with the configuration that was put into the ISO.
 */
import { strict as assert } from 'node:assert';
import type { Firmware } from '../../../src/vm/machine.ts';
import { bootLimit, ended, ok, target } from '../support/boots.ts';
import type { SystemTest } from '../support/machines.ts';
import { remasteredIso } from '../support/remastered-iso.ts';

export const issue = 6;

const config = 'hostname: from-the-iso\nbos:\n  password: "of the iso"\n  environment: { WAY: remastered }\n';

const unattended = (firmware: Firmware, seconds: number): SystemTest => ({
  name: `remastered in place: installs with no hand on ${firmware}, and the disk boots with the configuration`,
  seconds,
  // What is written, GRUB of a changed image, and an unattended installation are in `make test`, each by itself.
  soak: true,
  run: async (t) => {
    const install = [
      { name: 'device', value: '/dev/vda' },
      { name: 'power_off', value: undefined },
    ];
    const { iso, method } = await remasteredIso(t, config, { menu: { install } });
    assert.equal(method, 'padding');
    const disk = await target(t, 'virtio');
    const installer = await t.start({
      firmware,
      memory: 1024,
      disks: [
        { id: 'medium', file: iso, bus: 'cd', bootIndex: 0 },
        { ...disk, bootIndex: 1 },
      ],
      network: null,
    });
    await installer.awaitText(/is installed on/, bootLimit);
    t.log(`${installer.mark('installed')} ms to the end of the installation`);
    await ended(installer);

    const system = await t.start({ firmware, memory: 1024, disks: [disk], network: null });
    await system.login('bhojpur', { ...bootLimit, password: 'of the iso' });
    t.log(`${system.mark('login')} ms to login`);
    assert.equal(JSON.parse(await ok(system, 'cat /run/bos/boot.json')).mode, 'disk');
    assert.equal((await ok(system, 'cat /proc/sys/kernel/hostname')).trim(), 'from-the-iso');
    assert.equal(await ok(system, 'sudo cat /bos/system/config.yaml'), config);
    assert.match(await ok(system, 'sudo cat /etc/environment'), /^WAY=.?remastered/m);
    // A configured password may be used over ssh, too.
    const sshd = await ok(system, 'sudo sshd -T');
    for (const line of ['passwordauthentication yes', 'permitrootlogin no', 'x11forwarding no'])
      assert.match(sshd, new RegExp(`^${line}\\r?$`, 'm'));
    const status = await ok(system, 'sha256sum < /var/lib/dpkg/status; sha256sum < /usr/lib/dpkg/status');
    assert.match(status.replaceAll('\r', ''), /^([0-9a-f]{64}) .*\n\1 /);
  },
});

export const tests: SystemTest[] = [unattended('bios', 100), unattended('secureboot', 150)];
