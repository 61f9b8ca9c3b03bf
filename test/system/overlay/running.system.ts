/** Over the system that runs: `opsctl install --overlay /` on a Debian as its own tools install it, and its old system again. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { bootLimit, ok, serve, switchOff } from '../support/boots.ts';
import type { SystemTest } from '../support/machines.ts';

export const issue = 17;

const oldDebian = 'a Debian to take over';
const password = 'on top';

export const tests: SystemTest[] = [
  {
    name: 'overlay: a Debian that runs gets the system by --overlay /, and its old one back',
    seconds: 240,
    soak: true,
    uses: [oldDebian],
    async run(t) {
      const file = join(t.folder, 'debian.img');
      await t.host.processes.run('cp', ['--sparse=always', join(t.fixture(oldDebian), 'debian.img'), file]);
      const disks = [{ id: 'debian', file, bus: 'virtio', cache: 'unsafe' } as const];
      const name = 'bos-rootfs-amd64.tar.gz';
      const server = await serve({ [`/${name}`]: { file: join(t.artifacts, name) } });
      try {
        const old = await t.start({ memory: 768, disks });
        await old.login('root', bootLimit);
        await ok(old, `printf 'bos:\\n  password: ${password}\\n' > /root/config.yaml`);
        await ok(old, `wget -q ${server.url}/${name}`, 120_000);
        const plan = await ok(
          old,
          `opsctl install --overlay / ${name} --config /root/config.yaml --dry-run`,
          60_000,
        );
        assert.match(plan, /sbin\/init/);
        await ok(old, `opsctl install --overlay / ${name} --config /root/config.yaml --silent`, 300_000);
        old.type('systemctl reboot\n');
        await old.login('bhojpur', { ...bootLimit, password });
        const boot = JSON.parse(await ok(old, 'cat /run/bos/boot.json'));
        assert.deepEqual([boot.mode, boot.kernel], ['local', 'board']);
        assert.equal((await ok(old, 'systemctl --failed --no-legend --plain')).trim(), '');
        await ok(old, 'sudo opsctl overlay remove --silent');
        await switchOff(old);

        const again = await t.start({ memory: 768, disks });
        await again.login('root', bootLimit);
        assert.equal((await ok(again, 'cat /etc/hostname')).trim(), 'olddebian');
      } finally {
        server.close();
      }
    },
  },
];
