/** `opsctl build`, as data. */
import type { CommandDefinition } from '../../command.ts';

export const buildCommand: CommandDefinition = {
  name: 'build',
  summary: 'build the OS images from Debian packages',
  description:
    'Builds the live ISO, the PXE set, kernel.squashfs, the rootfs tarball and opsctl as one executable, with their checksums, into one folder, ' +
    'or only the ones you name: iso, pxe, kernel, rootfs, opsctl. What did not change since the last build comes from ' +
    'the cache. The same package lock gives the same bytes. Does not need root if user namespaces are allowed. Run it ' +
    'in a checkout of the project.',
  args: [{ name: '[artifact...]', help: 'iso, pxe, kernel, rootfs, opsctl; all of them by default' }],
  options: [
    { flags: '-o, --output <folder>', help: 'where the artifacts go (dist/artifacts of the checkout)' },
    { flags: '--cache <folder>', help: 'where results of stages are kept (dist/cache of the checkout)' },
    { flags: '--dcp <file|url>', help: 'the Bhojpur DCP executable to include' },
    { flags: '--dcp-version <name>', help: 'version name of that DCP; derived from its content by default' },
    { flags: '--firmware <folder>', help: 'firmware files to include, laid out as in /lib/firmware' },
    {
      flags: '--mirror <url>',
      help: 'Debian mirror to use instead of the apt sources of this machine; security updates come from URL-security',
    },
    { flags: '--without-security', help: 'build without Debian’s security updates' },
    {
      flags: '--allow-expired',
      help: 'take Debian archives whose index has expired: those of an earlier day',
    },
    { flags: '--lock <file>', help: 'build from exactly the packages in this lock' },
    { flags: '--refresh', help: 'look for newer packages (and DCP) than in the last build' },
    { flags: '--json', help: 'print events as JSON lines' },
  ],
  examples: [
    { line: 'opsctl build', does: 'Build everything into dist/artifacts:' },
    { line: 'opsctl build iso', does: 'Build only the live ISO:' },
    { line: 'opsctl build --dcp ./dcp', does: 'Include Kubernetes:' },
    {
      line: 'opsctl build --lock dist/artifacts/packages-amd64.lock.json',
      does: 'Build the same bytes again:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.runBuild),
};
