/**
 * The installer is asked for by every boot, with nobody to ask: what the request has installed is started, stays what
 * it is, and is installed over only when the request says always.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { bootLimit, isoOn, mediumBoot, ok, serve, switchOff } from '../support/boots.ts';
import type { SystemTest } from '../support/machines.ts';
import {
  configUrlFile,
  installedByFallback,
  installedDisk,
  password,
  removeRootfs,
} from './fallback.system.ts';

export const issue = 4;

export const tests: SystemTest[] = [
  {
    name: 'no reinstall loop: three power cycles with the medium and its request still first, then always',
    seconds: 85,
    uses: [installedByFallback],
    run: async (t) => {
      const disk = await installedDisk(t);
      const url = await t.host.files.readText(join(t.fixture(installedByFallback), configUrlFile));
      const boot = async (...words: string[]) =>
        t.start({
          memory: 512,
          disks: [isoOn(t, 'cd'), disk],
          kernel: await mediumBoot(t, 'bos.mode=install', 'bos.install.silent', ...words),
        });
      const asked = `bos.install.config_url=${url}`;
      const already = /already installed by this request: starting \/dev\/vda3/;

      for (const cycle of [1, 2]) {
        const session = await boot(asked);
        await session.awaitText(already, bootLimit);
        t.log(`cycle ${cycle}: ${session.mark('recognised')} ms until it was recognised`);
        // In the middle of starting it.
        await session.awaitText(/systemd|login:/i, bootLimit);
        await session.cutPower();
      }
      const third = await boot(asked);
      await third.awaitText(already, bootLimit);
      await third.login('bhojpur', { ...bootLimit, password });
      assert.equal(JSON.parse(await ok(third, 'cat /run/bos/boot.json')).mode, 'disk');
      assert.equal((await ok(third, 'cat /var/kept')).trim(), 'kept');
      // From outside nothing replays a journal.
      await switchOff(third);

      await removeRootfs(t.host, disk.file);
      const damaged = await boot(asked);
      await damaged.awaitText(
        /RESCUE: the installation made by this request is damaged: .*rootfs.squashfs/,
        bootLimit,
      );
      await damaged.close();

      const server = await serve({ '/config.yaml': 'bos:\n  password: open\n' });
      try {
        const words = [`bos.install.config_url=${server.url}/config.yaml`, 'bos.install.device=/dev/vda'];
        const again = await boot(...words, 'bos.install.always');
        await again.awaitText(/Write a GPT to \/dev\/vda/, bootLimit);
      } finally {
        server.close();
      }
    },
  },
];
