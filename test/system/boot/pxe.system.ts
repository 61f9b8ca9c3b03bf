/**
 * What `opsctl vm run --pxe` does: iPXE of the network card fetches everything by TFTP. By HTTP, which is how the
 * documentation has it, see fallback.system.ts.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { bootFiles } from '../../../src/vm/boot-files.ts';
import { pxeFolder } from '../../../src/vm/pxe.ts';
import { bootLimit, ok } from '../support/boots.ts';
import type { SystemTest } from '../support/machines.ts';

export const issue = 2;

export const tests: SystemTest[] = [
  {
    name: 'PXE: iPXE fetches kernel and initrd by TFTP, and the set boots with nothing else',
    seconds: 45,
    soak: true,
    run: async (t) => {
      const artifacts = await bootFiles(t.artifacts, t.host);
      assert.ok(artifacts.kind === 'artifacts');
      const tftp = await pxeFolder(artifacts, 'bios', '', t.host, join(t.folder, 'tftp'));
      const session = await t.start({ memory: 512, network: { tftp, isolated: true } });
      await session.login('bhojpur', bootLimit);
      t.log(`by TFTP: ${session.mark('login')} ms to login`);
      const boot = JSON.parse(await ok(session, 'cat /run/bos/boot.json'));
      assert.equal(boot.mode, 'live');
      assert.equal(boot.medium, '');
      await ok(session, 'cd /run/bos/medium && test -f bos/system/manifest.json');
    },
  },
];
