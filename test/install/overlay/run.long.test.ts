/** Whole overlays with real file systems and debugfs, and the way back: an image, and a packed one. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { removeOverlay } from '../../../src/cli/commands/overlay/remove-action.ts';
import { within } from '../../../src/formats/bytes.ts';
import { openExt4 } from '../../../src/formats/filesystems/ext4-reader.ts';
import { installOutcome } from '../../../src/install/outcome.ts';
import { prepareOverlay } from '../../../src/install/overlay/prepare.ts';
import { execute } from '../../../src/plan/execute.ts';
import { handlers } from '../../../src/steps/index.ts';
import { realHost } from '../../build/support.ts';
import { sameBytes, temporaryFolder } from '../../formats/support.ts';
import { diskImage, ours, type RootOptions, rootImage, smallTarball, writeRoot } from './boards.ts';

const request = {
  ...{ silent: true, wipe: false, always: false, forceEfi: false, noFormat: false, allowNoLogin: true },
  ...{ allowWarnings: false, insecure: false, debug: false, after: 'stay' as const, dryRun: false },
  ...{ config: {}, boot: undefined, commandLine: undefined },
};

function board(t: ExecutionContext, options: RootOptions = {}) {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'root'));
  mkdirSync(join(folder, 'work'));
  writeRoot(join(folder, 'root'), options);
  const image = diskImage(join(folder, 'board.img'), [rootImage(join(folder, 'root'), join(folder, 'part'))]);
  return { folder, image, tarball: smallTarball(join(folder, 'rootfs.tar.gz')) };
}

async function overlay({ folder, tarball }: ReturnType<typeof board>, image: string, output: string) {
  const config = join(folder, 'config.yaml');
  writeFileSync(config, 'hostname: one\n');
  const asked = { ...request, overlay: image, tarball, output, configUrl: config };
  const { plan } = await prepareOverlay(realHost, asked, join(folder, 'work'));
  const names = { 'file:config': config };
  await execute(plan, handlers, {
    ...{ host: realHost, emit: () => {}, outcome: installOutcome, roleOf: () => undefined, names },
  });
}

async function inside<T>(
  image: string,
  look: (root: Awaited<ReturnType<typeof openExt4>>) => Promise<T>,
): Promise<T> {
  const file = await realHost.files.open(image, 'r');
  try {
    return await look(await openExt4(within(file, 2 ** 20, 96 * 2 ** 20)));
  } finally {
    await file.close();
  }
}

const textOf = async (image: string, path: string) =>
  inside(image, async (root) => {
    const file = await root.open(path);
    return file && Buffer.from(await file.read(0, file.size)).toString('utf8');
  });

// One way back at a time: the lock is the machine's.
for (const init of ['link', 'file'] as const)
  test.serial(
    `an image whose init is a ${init}: the system is in it, the old init beside ours, and back again`,
    async (t) => {
      const made = board(t, { init });
      const before = readFileSync(made.image);
      const output = join(made.folder, 'out.img');
      await overlay(made, made.image, output);
      sameBytes(t, readFileSync(made.image), before);
      t.is(await textOf(output, 'usr/sbin/init'), ours);
      t.is(await textOf(output, 'bos/system/config.yaml'), 'hostname: one\n');
      const modes = await inside(output, async (root) => [
        (await root.stat('usr/sbin/init'))?.mode,
        (await root.stat('bos/system/overlay/busybox'))?.mode,
        (await root.stat('bos/system/config.yaml'))?.mode,
        await root.readLink('bos/system/os/current'),
        (await root.stat('usr/sbin/init.before-bos'))?.type,
      ]);
      t.deepEqual(modes, [0o755, 0o755, 0o600, '1.2.3', init === 'link' ? 'symlink' : 'file']);

      const back = join(made.folder, 'back.img');
      const said: string[] = [];
      const terminal = {
        ...{ stdinIsTty: false, stdoutIsTty: false, stderrIsTty: false, columns: 80, color: false },
        ...{ out: (text: string) => said.push(text), err: () => {} },
      };
      const context = { host: realHost, terminal, verbose: false, signal: new AbortController().signal };
      const options = { output: back, silent: true };
      t.is(await removeOverlay({ ...context, workstation: async () => realHost }, [output], options), 0);
      t.regex(said.join(''), /The old system of .* starts again/);
      const old = await inside(back, async (root) => [
        await root.readLink('usr/sbin/init'),
        (await root.stat('usr/sbin/init'))?.type,
        await root.stat('usr/sbin/init.before-bos'),
      ]);
      t.deepEqual(
        old,
        init === 'link' ? ['../lib/systemd/systemd', 'symlink', undefined] : [undefined, 'file', undefined],
      );
      execFileSync('e2fsck', ['-f', '-n', `${back}?offset=${2 ** 20}`], { stdio: 'ignore' });
    },
  );

test('a packed image stays as it is, and one that cannot be filled leaves nothing behind', async (t) => {
  const made = board(t);
  const packed = join(made.folder, 'board.img.gz');
  writeFileSync(packed, gzipSync(readFileSync(made.image), { level: 1 }));
  const before = readFileSync(packed);
  const output = join(made.folder, 'out.img');
  await overlay(made, packed, output);
  t.is(await textOf(output, 'usr/sbin/init'), ours);
  sameBytes(t, readFileSync(packed), before);

  const host = { ...realHost, processes: { ...realHost.processes, run: refusing } };
  const second = join(made.folder, 'second.img');
  const asked = { ...request, overlay: made.image, tarball: made.tarball, output: second };
  const { plan } = await prepareOverlay(realHost, asked, join(made.folder, 'work'));
  writeFileSync(join(made.folder, 'empty'), '');
  await t.throwsAsync(
    execute(plan, handlers, {
      ...{ host, emit: () => {}, outcome: installOutcome, roleOf: () => undefined },
      names: { 'file:config': join(made.folder, 'empty') },
    }),
    { code: 'read-back' },
  );
  t.false(existsSync(second));
  t.false(existsSync(`${second}.partial`));
});

/** debugfs that does nothing, and says that all is well. */
const refusing: typeof realHost.processes.run = (command, args, options) =>
  command === 'debugfs'
    ? Promise.resolve({ exitCode: 0, stdout: '', stderr: '' })
    : realHost.processes.run(command, args, options);
