/** Somebody's own OS: a Debian that its own tools made, as an image that skopeo packed, boots from our medium and installs. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libraryPackages, neededPrograms, neededUnits } from '../../../src/build/own/programs.ts';
import { sha256File } from '../../../src/host/digest.ts';
import { aptSources } from '../support/apt-sources.ts';
import { bootLimit, ok, switchOff, target } from '../support/boots.ts';
import type { Fixture, SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 18;

const project = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** What `opsctl build --from` would ask for, a program of somebody's own, and nothing of ours. */
const packages = new Set([
  ...['systemd-sysv', 'dbus', 'libnss-systemd', 'linux-image-amd64', 'nginx-light'],
  ...[neededPrograms, neededUnits, libraryPackages].flatMap((table) =>
    Object.values(table).map(({ debian }) => debian),
  ),
]);

const made = 'an OS of somebody’s own, and the ISO of it';

async function make({ host, artifacts, folder, log }: SystemContext): Promise<void> {
  const { files, processes } = host;
  const layer = join(folder, 'layer.tar');
  await processes.run('mmdebstrap', [
    ...['--mode=root', '--variant=minbase', '--format=tar', '--aptopt=APT::Install-Recommends "false"'],
    ...['man', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    `--include=${[...packages].join(',')}`,
    '--customize-hook=echo mine > "$1/srv/mine"; echo local > "$1/usr/local/mine"; rm -rf "$1/var/lib/apt/lists"',
    ...['bookworm', layer, ...(await aptSources(host))],
  ]);
  const diffId = `sha256:${await sha256File(files, layer)}`;
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffId] } };
  await files.write(join(folder, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: ['mine:1'], Layers: ['layer.tar'] }];
  await files.write(join(folder, 'manifest.json'), JSON.stringify(manifest));
  const saved = join(folder, 'saved.tar');
  await processes.run('tar', ['-C', folder, '-cf', saved, 'manifest.json', 'config.json', 'layer.tar']);
  await files.remove(layer);
  const image = join(folder, 'mine.tar');
  const skopeo = ['--insecure-policy', 'copy', `docker-archive:${saved}`, `oci-archive:${image}:1`];
  await processes.run('skopeo', skopeo);
  await files.remove(saved);

  const { stderr } = await processes.run(
    `${project}/bin/opsctl`,
    [
      ...['build', 'iso', '--from', `oci-archive:${image}`, '--os-version', '7.1.0'],
      ...['--lock', `${artifacts}/packages-amd64.lock.json`],
      ...['--output', join(folder, 'built')],
    ],
    { cwd: project },
  );
  log(/Debian GNU\/Linux.*/.exec(stderr)?.[0] ?? stderr);
}

export const fixtures: readonly Fixture[] = [{ name: made, seconds: 420, make }];

export const tests: readonly SystemTest[] = [
  {
    name: 'an own OS boots from our medium, with its packages, and installs with a configuration',
    seconds: 160,
    soak: true,
    uses: [made],
    run: async (t) => {
      const iso = join(t.fixture(made), 'built/bos-amd64.iso');
      const disk = await target(t, 'virtio');
      const live = await t.start({
        firmware: 'bios',
        memory: 1024,
        disks: [{ id: 'medium', file: iso, bus: 'cd', readOnly: true }, disk],
      });
      await live.login('bhojpur', bootLimit);
      assert.match(live.console.text, /bos: system found: Bhojpur OS 7\.1\.0/);
      assert.match(await ok(live, 'cat /etc/os-release'), /^ID=debian$/m);
      assert.equal(
        (await ok(live, 'cat /srv/mine /usr/local/mine')).trim(),
        'mine\r\nlocal'.replace('\r', ''),
      );
      await ok(live, 'systemctl is-active nginx ssh connman');
      // Debian's own keep their journal in /var, which is memory here.
      await ok(live, 'sudo ls /run/log/journal/*/system.journal && ! test -e /var/log/journal');
      await ok(
        live,
        "printf 'hostname: mine\\nbos: {password: secret}\\nrun_cmd: [echo ran > /run/ran]\\n' > /tmp/c.yaml",
      );
      await ok(live, 'sudo opsctl install /dev/vda --config /tmp/c.yaml --silent', bootLimit.timeoutMs);
      await switchOff(live);

      const installed = await t.start({ firmware: 'bios', memory: 1024, disks: [disk] });
      await installed.login('bhojpur', { ...bootLimit, password: 'secret' });
      await ok(installed, "timeout 120 sh -c 'until test -e /run/ran; do sleep 1; done'");
      assert.equal((await ok(installed, 'hostname')).trim(), 'mine');
      assert.match(await ok(installed, 'sudo opsctl status'), /7\.1\.0/);
      await ok(installed, 'systemctl is-active nginx ssh connman');
      // Kept: journald has to let go of /var before it is unmounted, which switchOff sees.
      await ok(installed, 'sudo ls /var/log/journal/*/system.journal');
      await switchOff(installed);
    },
  },
  {
    name: 'an own OS boots from our medium by UEFI',
    seconds: 130,
    soak: true,
    uses: [made],
    run: async (t) => {
      const iso = join(t.fixture(made), 'built/bos-amd64.iso');
      const live = await t.start({
        firmware: 'uefi',
        memory: 1024,
        disks: [{ id: 'medium', file: iso, bus: 'cd', readOnly: true }],
      });
      await live.login('bhojpur', bootLimit);
      await ok(live, 'test -d /sys/firmware/efi && grep -x mine /srv/mine');
      await ok(live, 'systemctl is-active nginx ssh connman');
      await switchOff(live);
    },
  },
];
