/** `opsctl build`, as data. */
import type { CommandDefinition } from '../../command.ts';

export const buildCommand: CommandDefinition = {
  name: 'build',
  summary: 'build the OS images from Debian packages',
  description:
    'Builds the live ISO, the PXE set, kernel.squashfs, the rootfs tarball and opsctl as one executable, with their checksums, into one folder, ' +
    'or only those that are named: iso, pxe, kernel, rootfs, opsctl. What did not change since the last build is taken from ' +
    'the cache. The same package lock gives the same bytes. Needs no root where user namespaces are allowed. Run it ' +
    'in a checkout of the project.',
  args: [{ name: '[artifact...]', help: 'iso, pxe, kernel, rootfs, opsctl; all of them when none is named' }],
  options: [
    { flags: '-o, --output <folder>', help: 'where the artifacts go (dist/artifacts of the checkout)' },
    { flags: '--cache <folder>', help: 'where results of stages are kept (dist/cache of the checkout)' },
    { flags: '--dcp <file|url>', help: 'the Bhojpur DCP executable to carry' },
    { flags: '--dcp-version <name>', help: 'what to call that DCP; after its content when left out' },
    { flags: '--firmware <folder>', help: 'firmware files to carry, laid out as under /lib/firmware' },
    {
      flags: '--mirror <url>',
      help: 'Debian mirror instead of those that apt here is configured with; security updates come from URL-security, if it has that',
    },
    { flags: '--lock <file>', help: 'build from exactly the packages of this lock' },
    { flags: '--refresh', help: 'look for newer packages (and DCP) instead of those of the last build' },
    { flags: '--json', help: 'print events as JSON lines' },
  ],
  examples: [
    { line: 'opsctl build', does: 'Build everything into dist/artifacts:' },
    { line: 'opsctl build iso', does: 'Only the live ISO:' },
    { line: 'opsctl build --dcp ./dcp', does: 'With Kubernetes inside:' },
    { line: 'opsctl build --lock dist/artifacts/packages-amd64.lock.json', does: 'The same bytes again:' },
  ],
  load: () => import('./action.ts').then((module) => module.runBuild),
};
