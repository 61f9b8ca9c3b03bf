/**
 * Kits of `opsctl pxe kit`, booted as a PXE server serves them: iPXE by HTTP and by TFTP on a BIOS, GRUB by TFTP on
 * UEFI. The configuration and the arguments in them must have arrived.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { kitLoader, writePxeKit } from '../../../src/iso/pxe/kit.ts';
import { bootLimit, mediumBoot, ok, serve } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 6;

/** GRUB for networks as one EFI program, of Debian's grub-efi-amd64-bin; it looks for grub/grub.cfg. */
const grubForNetworks = '/usr/lib/grub/x86_64-efi/monolithic/grubnetx64.efi';

/** A kit whose configuration and arguments can be told from the ones that an image has. */
async function kit(
  t: SystemContext,
  from: string,
  loaders: readonly string[] = [],
  ...words: string[]
): Promise<string> {
  const config = join(t.folder, 'config.yaml');
  await t.host.files.write(config, 'hostname: from-the-kit\n');
  const folder = join(t.folder, 'kit');
  const append = ['console=ttyS0', 'bos.environment[KIT]="two words"', ...words];
  const request = { from, folder, append, config, loaders: loaders.map(kitLoader) };
  await writePxeKit(t.host, request, new AbortController().signal);
  return folder;
}

/** Logs in and looks at what arrived. */
async function arrived(
  t: SystemContext,
  session: Awaited<ReturnType<SystemContext['start']>>,
  limit = bootLimit,
): Promise<void> {
  await session.login('bhojpur', limit);
  t.log(`${session.mark('login')} ms to login`);
  const boot = JSON.parse(await ok(session, 'cat /run/bos/boot.json'));
  assert.equal(boot.mode, 'live');
  assert.equal(boot.medium, '');
  assert.equal((await ok(session, 'cat /proc/sys/kernel/hostname')).trim(), 'from-the-kit');
  assert.match(
    await ok(session, 'cat /proc/cmdline'),
    /bos\.environment\[KIT\]="two words"|"bos\.environment\[KIT\]=two words"/,
  );
  assert.equal((await ok(session, 'sudo opsctl config get bos.environment')).trim(), 'KIT=two words');
  assert.match(await ok(session, 'sudo stat -c %a /bos/system/config.yaml'), /^600/);
}

/** A first script, as DHCP servers name one, goes on with that of the kit by HTTP: names in it are relative to itself. */
const byHttp = (firmware: 'bios' | 'uefi', memory: number) => async (t: SystemContext) => {
  const folder = await kit(t, join(t.artifacts, 'bos-amd64.iso'));
  const names = ['bos-vmlinuz-amd64', 'bos-initrd-amd64', 'boot.ipxe'];
  const server = await serve(
    Object.fromEntries(names.map((name) => [`/pxe/${name}`, { file: join(folder, name) }])),
  );
  try {
    const tftp = join(t.folder, 'tftp');
    await t.host.files.makeDir(tftp);
    await t.host.files.write(join(tftp, 'first.ipxe'), `#!ipxe\nchain ${server.url}/pxe/boot.ipxe\n`);
    const network = { tftp: { folder: tftp, bootFile: 'first.ipxe' } };
    await arrived(t, await t.start({ firmware, memory, network }));
    assert.deepEqual(
      [...new Set(server.requests)].toSorted(),
      names.map((name) => `/pxe/${name}`).toSorted(),
    );
  } finally {
    server.close();
  }
};

/** Debian's shim, and its GRUB for networks under the name that shim asks for; of the packages that are installed on no build host. */
async function signedLoaders(t: SystemContext): Promise<string[]> {
  const packages = ['shim-signed', 'grub-efi-amd64-signed'];
  const folder = join(t.folder, 'signed');
  await t.host.files.makeDir(folder);
  await t.host.processes.run('apt-get', ['download', '-q', ...packages], { cwd: folder });
  for (const name of await t.host.files.list(folder))
    await t.host.processes.run('dpkg-deb', ['-x', join(folder, name), folder]);
  return [
    `${folder}/usr/lib/shim/shimx64.efi.signed:shimx64.efi`,
    `${folder}/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed:grubx64.efi`,
  ];
}

export const tests: SystemTest[] = [
  {
    name: 'PXE kit of an ISO: iPXE by HTTP on a BIOS, the configuration and the arguments arrive',
    seconds: 45,
    soak: true,
    run: byHttp('bios', 640),
  },
  {
    name: 'PXE kit of an ISO: iPXE by HTTP on UEFI',
    seconds: 60,
    soak: true,
    run: byHttp('uefi', 1024),
  },
  {
    name: 'PXE kit of the artifacts: iPXE by TFTP on a BIOS',
    seconds: 60,
    soak: true,
    run: async (t) => {
      const folder = await kit(t, t.artifacts);
      const network = { tftp: { folder, bootFile: 'boot.ipxe' }, isolated: true };
      await arrived(t, await t.start({ memory: 640, network }));
    },
  },
  {
    name: 'PXE kit with signed loaders: shim, GRUB and the kernel by TFTP where Secure Boot is on',
    seconds: 70,
    soak: true,
    run: async (t) => {
      const folder = await kit(t, t.artifacts, await signedLoaders(t), 'loglevel=7');
      // All of the initrd takes minutes by TFTP and is checked by nobody: what says that it has no medium will do.
      const { initrd = '' } = await mediumBoot(t);
      await t.host.files.copy(initrd, join(folder, 'bos-initrd-amd64'));
      // The iPXE of QEMU's card does not tell shim how long a file is, and shim finds no signature at its end.
      const tftp = { folder, bootFile: 'shimx64.efi', client: 'firmware' } as const;
      const network = { tftp, isolated: true };
      const session = await t.start({ firmware: 'secureboot', memory: 1024, network });
      await session.awaitText('Kernel is locked down from EFI Secure Boot', bootLimit);
      await session.awaitText('waiting for the medium', bootLimit);
    },
  },
  {
    name: 'PXE kit of the artifacts: GRUB by TFTP on UEFI',
    // GRUB asks for a kilobyte, waits for it, and asks for the next: 150,000 times.
    seconds: 200,
    soak: true,
    run: async (t) => {
      const folder = await kit(t, t.artifacts, [grubForNetworks]);
      const network = { tftp: { folder, bootFile: 'grubnetx64.efi' }, isolated: true };
      const session = await t.start({ firmware: 'uefi', memory: 1024, network });
      await session.awaitText('Booting', bootLimit);
      await arrived(t, session, { timeoutMs: 600_000 });
    },
  },
];
