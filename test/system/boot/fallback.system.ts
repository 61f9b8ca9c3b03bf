/** A network boot with bos.fallback_mode=install: installs on an empty machine, boots what is installed, never touches what is damaged. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { probeExt4 } from '../../../src/formats/filesystems/ext4.ts';
import { artifactNames } from '../../../src/vm/boot-files.ts';
import type { DiskInput } from '../../../src/vm/machine.ts';
import { bootLimit, mediumBoot, ok, pxeSet, serve, switchOff, target } from '../support/boots.ts';
import { openPartition, partitionsOf } from '../support/disk-images.ts';
import type { Fixture, SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 2;

const words = ['bos.fallback_mode=install', 'bos.install.silent', 'bos.password=open'];
export const password = 'open';
const config = `bos:\n  password: ${password}\n`;

/** The script of docs/pxe.md, for the server at `url`. */
async function documentedScript(t: SystemContext, url: string): Promise<string> {
  const page = await t.host.files.readText(join(import.meta.dirname, '../../../docs/pxe.md'));
  const [script] = /^#!ipxe\n[^`]*^boot\n/m.exec(page) ?? [];
  assert.ok(script, 'docs/pxe.md has a script for iPXE');
  const own = script.replace(/^set base .*$/m, `set base ${url}`);
  assert.notEqual(own, script);
  return own;
}

/** The disk that the fixture leaves behind, and the URL of the configuration that it was installed by. */
export const installedByFallback = 'a disk installed through the fallback';
export const diskFile = 'target.img';
export const configUrlFile = 'config-url';

export const fixtures: Fixture[] = [
  {
    name: installedByFallback,
    seconds: 125,
    make: async (t) => {
      const disk = await target(t, 'virtio');
      const server = await serve({
        '/config.yaml': config,
        ...Object.fromEntries(
          Object.values(artifactNames('amd64')).map((name) => [
            `/${name}`,
            { file: join(t.artifacts, name) },
          ]),
        ),
      });
      try {
        // As the documentation has it: one entry for a machine that installs itself and then boots its disk.
        const folder = join(t.folder, 'tftp');
        await t.host.files.makeDir(folder);
        await t.host.files.write(join(folder, 'boot.ipxe'), await documentedScript(t, server.url));
        await t.host.files.write(join(t.folder, configUrlFile), `${server.url}/config.yaml`);
        const network = { tftp: { folder, bootFile: 'boot.ipxe' } };
        const first = await t.start({ memory: 768, disks: [disk], network });
        await first.awaitText(/is installed on/, bootLimit);
        t.log(`by HTTP: ${first.mark('installed')} ms until it is installed`);
        await first.awaitText('disks: valid', bootLimit);
        await first.login('bhojpur', { ...bootLimit, password });
        const boot = JSON.parse(await ok(first, 'cat /run/bos/boot.json'));
        assert.equal(boot.mode, 'disk');
        assert.equal(boot.state, '/dev/vda3');
        await ok(first, 'echo kept | sudo tee /var/kept');
        await switchOff(first);
      } finally {
        server.close();
      }
    },
  },
];

/** A copy of the fixture's disk. */
export async function installedDisk(t: SystemContext): Promise<DiskInput & { readonly file: string }> {
  const disk = await target(t, 'virtio');
  const from = join(t.fixture(installedByFallback), diskFile);
  await t.host.processes.run('cp', ['--sparse=always', '--reflink=auto', from, disk.file]);
  return disk;
}

export const tests: SystemTest[] = [
  {
    name: 'installed through PXE by HTTP and the fallback: a late disk is waited for, a damaged one is left alone',
    seconds: 70,
    uses: [installedByFallback],
    run: async (t) => {
      const disk = await installedDisk(t);
      // The same disk as root= of the local mode, which looks at no mark and no label; and it comes late.
      const [, , state] = await partitionsOf(disk.file);
      assert.ok(state);
      const info = await probeExt4(openPartition(disk.file, state));
      assert.ok(info);
      const local = await t.start({
        memory: 512,
        hotplug: true,
        kernel: await mediumBoot(t, 'bos.mode=local', `root=UUID=${info.uuid}`),
      });
      await local.awaitText(`waiting for UUID=${info.uuid}`, bootLimit);
      await local.plug(disk);
      await local.login('bhojpur', { ...bootLimit, password });
      const record = JSON.parse(await ok(local, 'cat /run/bos/boot.json'));
      assert.equal(record.mode, 'local');
      assert.equal(record.state, '/dev/vda3');
      assert.equal((await ok(local, 'cat /var/kept')).trim(), 'kept');
      await switchOff(local);

      // One file of the deployment is gone: damaged, though the mark is valid.
      await removeRootfs(t.host, disk.file);
      const before = await digest(t.host, disk.file);
      const third = await t.start({ memory: 768, disks: [disk], kernel: pxeSet(t, ...words) });
      await third.awaitText(/disks: damaged .*rootfs.squashfs/, bootLimit);
      await third.awaitText('RESCUE: a damaged installation was found');
      await third.awaitText(/# $/);
      await ok(third, 'opsctl --version');
      await third.close();
      assert.equal(await digest(t.host, disk.file), before, 'nothing was written to the damaged disk');
    },
  },
];

type Host = Parameters<SystemTest['run']>[0]['host'];

/** Takes the root file system away from the installation on a disk image. */
export async function removeRootfs(host: Host, file: string): Promise<void> {
  const [, , state] = await partitionsOf(file);
  assert.ok(state);
  const device = `${file}?offset=${state.firstLba * 512}`;
  await host.processes.run('debugfs', ['-w', '-R', `rm ${await rootfsPath(host, device)}`, device]);
}

async function rootfsPath(host: Host, device: string): Promise<string> {
  const { stdout } = await host.processes.run('debugfs', ['-R', 'ls -p /bos/system/os', device]);
  const version = /\/(\d+\.[^/]+)\//.exec(stdout)?.[1];
  assert.ok(version, stdout);
  return `/bos/system/os/${version}/rootfs.squashfs`;
}

async function digest(host: Host, path: string): Promise<string> {
  return (await host.processes.run('sha256sum', [path])).stdout.slice(0, 64);
}
