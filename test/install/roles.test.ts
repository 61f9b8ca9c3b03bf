/** An installation on a device that fails at any call says which of its two disks that was. */
import test from 'ava';
import { OpsError } from '../../src/errors.ts';
import { install } from '../../src/install/run.ts';
import { type Operation, watchedHost } from '../fakes/faulty-host.ts';
import { diskSize, machine } from '../steps/machine.ts';
import { disk, facts, liveFiles, mediumRoot, request } from './fixtures.ts';

const wants = request({ device: '/dev/vda', config: { 'bos.password': 'secret' } });
const seen = facts({ disks: [disk({ size: diskSize })] });

async function failed(code: string, where: RegExp, operations: readonly Operation[]) {
  const { host } = machine({ files: liveFiles });
  let started = false;
  const faulty = watchedHost(host, ({ operation, what }) => {
    if (!started || !where.test(what) || !operations.includes(operation)) return;
    throw Object.assign(new Error(`${code}: i/o error, ${operation}`), { code });
  });
  const emit = ({ type }: { readonly type: string }) => {
    started ||= type === 'step-start';
  };
  const error = await install(faulty, wants, seen, { emit }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof OpsError ? error : undefined;
}

for (const code of ['EIO', 'ENXIO', 'EREMOTEIO']) {
  test(`${code} while the medium is read`, async (t) => {
    const error = await failed(code, new RegExp(`^${mediumRoot}/`), ['read']);
    t.regex(
      error?.message ?? '',
      /^Reading from the medium failed: \/run\/bos\/medium\/bos\/system\/\S+: the device/,
    );
    t.regex(error?.hint ?? '', /use another medium\. .*run the same command again/);
    t.is(error?.kind, 'broken');
  });
  test(`${code} while the disk is written`, async (t) => {
    const error = await failed(code, /^\/dev\/vda/, ['write']);
    t.regex(error?.message ?? '', /^Writing to the target failed: \/dev\/vda\d?: (at byte \d+: )?the device/);
    t.regex(error?.hint ?? '', /use another disk\./);
  });
  test(`${code} while the disk is flushed`, async (t) => {
    const error = await failed(code, /^\/dev\/vda/, ['sync']);
    t.regex(error?.message ?? '', /^Writing to the target failed: \/dev\/vda/);
  });
}
for (const code of ['ENOSPC', 'EROFS'])
  test(`${code} while files are written to the target`, async (t) => {
    const error = await failed(code, /^\/run\/bos\/target\//, ['write', 'make']);
    t.regex(
      error?.message ?? '',
      /^Writing to the target failed: \/run\/bos\/target\/.*(no space is left|write-protected)/,
    );
  });
