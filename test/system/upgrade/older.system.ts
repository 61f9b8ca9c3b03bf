/**
 * A node that a version without upgrades has installed is upgraded, too. That version is built again from its commit and
 * its package lock, so it needs the history of the project and a mirror that still has the packages.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256File } from '../../../src/host/digest.ts';
import type { UpgradeStatus } from '../../../src/upgrade/status.ts';
import { bootLimit, isoOn, ok, switchOff } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 15;

const project = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const older = {
  commit: '7be7f1f6bbcc31eb21ba4b0454a7f0e464636f5c',
  lock: fileURLToPath(new URL('./older.lock', import.meta.url)),
  /** Of its ISO. */
  sha256: '069e1190945d5c5c5c25d74cdb3bc43575f41517af6a48f5c463fbeba49b65de',
};
const login = { ...bootLimit, password: 'secret-of-old' };

/** Returns a checkout of that version with its artifacts. */
async function builtAnew({ host, folder }: SystemContext): Promise<string> {
  const { files, processes } = host;
  const checkout = join(folder, 'older');
  await processes.run('git', ['clone', '--quiet', '--shared', '--no-checkout', project, checkout]);
  await processes.run('git', ['checkout', '--quiet', older.commit], { cwd: checkout });
  await files.makeDir(join(checkout, 'dist/cache'));
  // Packages that were fetched before.
  await processes.run('cp', ['-a', join(project, 'dist/cache/apt'), join(checkout, 'dist/cache')]);
  await processes.run('make', ['all', `BUILD_FLAGS=--lock ${older.lock}`], { cwd: checkout });
  assert.equal(await sha256File(files, join(checkout, 'dist/artifacts/bos-amd64.iso')), older.sha256);
  return checkout;
}

/** A disk that it has installed. */
async function installedDisk(t: SystemContext, checkout: string): Promise<string> {
  const [config, output] = [join(t.folder, 'config.yaml'), join(t.folder, 'node.img')];
  const medium = join(checkout, 'dist/artifacts/bos-amd64.iso');
  await t.host.files.write(config, `hostname: node1\nbos:\n  password: ${login.password}\n`);
  await t.host.processes.run(join(checkout, 'bin/opsctl'), [
    ...['image', 'create', '--from', medium, '--output', output, '--config', config, '--size', '4G'],
  ]);
  return output;
}

/** The opsctl of today, which such a node has not. */
async function toolsDisc(t: SystemContext): Promise<string> {
  const [tree, disc] = [join(t.folder, 'tools'), join(t.folder, 'tools.iso')];
  await t.host.files.makeDir(tree);
  await t.host.processes.run('cp', [join(t.artifacts, 'opsctl-linux-amd64'), join(tree, 'opsctl')]);
  await t.host.processes.run('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-V', 'TOOLS', '-o', disc, tree]);
  return disc;
}

export const tests: SystemTest[] = [
  {
    name: 'upgrade: of a node that a version without upgrades has installed',
    seconds: 500,
    soak: true,
    run: async (t) => {
      const file = await installedDisk(t, await builtAnew(t));
      const session = await t.start({
        ...{ firmware: 'bios', memory: 768 },
        disks: [
          { id: 'disk', file, bus: 'virtio', cache: 'unsafe', bootIndex: 1 },
          { ...isoOn(t, 'cd'), bootIndex: 2 },
          { id: 'tools', file: await toolsDisc(t), bus: 'cd', readOnly: true, bootIndex: 3 },
        ],
      });
      await session.login('bhojpur', login);
      assert.notEqual((await session.run('opsctl upgrade')).exitCode, 0);
      await ok(
        session,
        'sudo mount -o ro -L TOOLS /mnt && sudo cp /mnt/opsctl /var/opsctl && sudo umount /mnt',
      );
      const upgraded = await ok(session, 'sudo /var/opsctl upgrade /dev/sr0', bootLimit.timeoutMs);
      assert.match(upgraded, /The next start is of[\s\S]*to prove itself/);
      session.type('sudo systemctl reboot\n');
      await session.awaitText(/is on trial/, bootLimit);
      await session.login('bhojpur', login);
      await ok(session, 'systemctl is-system-running --wait', bootLimit.timeoutMs);
      const { upgrades } = JSON.parse(await ok(session, 'sudo opsctl status --json')) as {
        upgrades: UpgradeStatus;
      };
      assert.equal(upgrades.last?.end, 'proved', JSON.stringify(upgrades.last));
      assert.equal((await ok(session, 'hostname')).trim(), 'node1');
      await switchOff(session);
    },
  },
];
