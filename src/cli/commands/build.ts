import type { CommandDefinition } from '../command.ts';

export const buildCommand: CommandDefinition = {
  name: 'build',
  summary: 'build the OS images from Debian packages',
  description:
    'Builds the root file system, kernel, initrd, live ISO, PXE set and checksums into one folder. What did not ' +
    'change since the last build is taken from the cache. Needs no root where user namespaces are allowed. Run it ' +
    'in a checkout of the project.',
  options: [
    { flags: '-o, --output <folder>', help: 'where the artifacts go', default: 'dist/artifacts' },
    { flags: '--cache <folder>', help: 'where results of stages are kept', default: 'dist/cache' },
    { flags: '--dcp <file|url>', help: 'the Bhojpur DCP executable to carry' },
    { flags: '--firmware <folder>', help: 'firmware files to carry, laid out as under /lib/firmware' },
    { flags: '--mirror <url>', help: 'Debian mirror instead of the one apt is configured with' },
    { flags: '--lock <file>', help: 'build from exactly the packages of this lock' },
    { flags: '--refresh', help: 'look for newer packages instead of those of the last build' },
    { flags: '--json', help: 'print events as JSON lines' },
  ],
  examples: [
    { line: 'opsctl build', does: 'build everything into dist/artifacts' },
    { line: 'opsctl build --dcp ./dcp', does: 'with Kubernetes inside' },
    { line: 'opsctl build --lock dist/artifacts/packages-amd64.lock.json', does: 'the same bytes again' },
  ],
  load: () => import('../actions/build.ts').then((module) => module.runBuild),
};
