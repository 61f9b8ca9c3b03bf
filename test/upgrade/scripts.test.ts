/** The scripts at their documented place: what they ask opsctl for. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { temporaryFolder } from '../formats/support.ts';

const folder = fileURLToPath(new URL('../../os/overlay/usr/share/bhojpur/os/scripts', import.meta.url));

for (const component of ['rootfs', 'kernel'])
  test(`bos-upgrade-${component} takes BOS_VERSION, or the newest, and passes on what else it is given`, (t) => {
    const bin = temporaryFolder(t);
    writeFileSync(join(bin, 'opsctl'), `#!/bin/sh\nfor word; do echo "$word"; done > ${bin}/asked\n`);
    chmodSync(join(bin, 'opsctl'), 0o755);
    const asked = (version: string | undefined, ...words: string[]) => {
      execFileSync(join(folder, `bos-upgrade-${component}`), words, {
        env: { PATH: `${bin}:/usr/bin:/bin`, ...(version === undefined ? {} : { BOS_VERSION: version }) },
      });
      return readFileSync(join(bin, 'asked'), 'utf8').trim().split('\n');
    };
    t.deepEqual(asked(undefined), ['upgrade', `--${component}`]);
    t.deepEqual(asked(''), ['upgrade', `--${component}`]);
    t.deepEqual(asked('v0.2.0'), ['upgrade', `--${component}`, '--version', 'v0.2.0']);
    t.deepEqual(asked('v0.2.0', '--dry-run'), [
      'upgrade',
      `--${component}`,
      '--version',
      'v0.2.0',
      '--dry-run',
    ]);
  });
