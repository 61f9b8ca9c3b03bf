/** Live mode with a DCP on the medium: a stand-in that writes down how it was started. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { encodeCpio } from '../../src/formats/cpio.ts';
import { bootLimit, ok, pxeSet } from './boots.ts';
import type { SystemTest } from './support.ts';

export const issue = 2;

const standIn = `#!/bin/sh
case $1 in
  server)
    echo "$*" > /run/dcp-arguments
    mkdir -p /etc/bhojpur/dcp
    echo 'who: the stand-in' > /etc/bhojpur/dcp/dcp.yaml
    chmod 0640 /etc/bhojpur/dcp/dcp.yaml
    exec sleep infinity ;;
  kubectl) shift; cat "$KUBECONFIG" && echo "asked for: $*" ;;
esac
`;

export const tests: SystemTest[] = [
  {
    name: 'live mode starts DCP as a single node, and kubectl works for bhojpur',
    seconds: 40,
    run: async (t) => {
      // The PXE initrd is the medium; a further archive behind it adds to it.
      const kernel = pxeSet(t);
      const folders = ['bos', 'bos/system', 'bos/system/dcp', 'bos/system/dcp/test'];
      const extra = encodeCpio(
        [
          ...folders.map((path) => ({ path, mode: 0o040755 })),
          { path: 'bos/system/dcp/test/dcp', mode: 0o100755, data: Buffer.from(standIn) },
          { path: 'bos/system/dcp/current', mode: 0o120777, data: Buffer.from('test') },
        ],
        0,
      );
      const initrd = join(t.folder, 'initrd');
      await t.host.files.copy(kernel.initrd ?? '', initrd);
      const file = await t.host.files.open(initrd, 'r+');
      await file.write(file.size + ((512 - (file.size % 512)) % 512), extra);
      await file.close();

      const session = await t.start({ memory: 640, kernel: { ...kernel, initrd } });
      await session.login('bhojpur', bootLimit);
      await ok(session, 'timeout 60 sh -c "until test -s /run/dcp-arguments; do sleep 0.5; done"', 70_000);
      assert.match(
        await ok(session, 'cat /run/dcp-arguments; systemctl is-active dcp'),
        /^server .*\s+active\s*$/s,
      );
      assert.match(await ok(session, 'kubectl get nodes'), /who: the stand-in\s+asked for: get nodes/);
    },
  },
];
