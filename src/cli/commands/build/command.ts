/** `opsctl build`, as data. */
import { architectureNames } from '../../../architectures.ts';
import type { CommandDefinition } from '../../command.ts';

const sbom: CommandDefinition = {
  name: 'sbom',
  summary: 'print what is in a built image: SBOM, package list, missing updates',
  prints: true,
  description:
    'Prints the SBOM of an image (SPDX 2.3 as JSON): the Debian packages, the kernel and boot loaders, opsctl with ' +
    'its libraries, Node.js, firmware and Bhojpur DCP. With --updates it says what the Debian archive of today has newer, ' +
    'and which of that are security updates; that needs the network and a checkout of the project.',
  args: [
    {
      name: '[image]',
      help: 'ISO, rootfs.squashfs, rootfs tarball, or a folder with one (dist/artifacts of the checkout)',
    },
  ],
  options: [
    {
      flags: '--packages',
      help: 'print the packages as a table; with --json, as they are listed in the image',
    },
    { flags: '--updates', help: 'print what the Debian archive has newer than the image' },
    { flags: '--mirror <url>', help: 'with --updates: the Debian mirror to ask' },
    { flags: '--json', help: 'print JSON instead of a table' },
  ],
  examples: [
    { line: 'opsctl build sbom > sbom.spdx.json', does: 'The SBOM of the last build:' },
    { line: 'opsctl build sbom bos-amd64.iso --packages', does: 'The packages of an ISO:' },
    { line: 'opsctl build sbom --updates', does: 'The security updates that a built image lacks:' },
  ],
  load: () => import('./sbom-action.ts').then((module) => module.buildSbom),
};

export const buildCommand: CommandDefinition = {
  name: 'build',
  summary: 'build the OS images from Debian packages',
  description:
    'Builds the live ISO, the PXE set, kernel.squashfs, the rootfs tarball and opsctl as one executable, with their ' +
    'checksums, into one folder, or what you name: iso, pxe, kernel, rootfs, opsctl; oci, the OCI image, which is built ' +
    'only when it is named; or all. What did not change since the last build comes from ' +
    'the cache. The same package lock gives the same bytes. Does not need root if user namespaces are allowed. Run it ' +
    'in a checkout of the project.',
  args: [
    { name: '[artifact...]', help: 'iso, pxe, kernel, rootfs, oci, opsctl or all; all but oci by default' },
  ],
  options: [
    {
      flags: '--arch <name>',
      help: 'architecture to build for; that of this machine by default',
      choices: architectureNames,
    },
    {
      flags: '--from <image|folder>',
      help: 'build of somebody’s own OS: oci:REGISTRY/REPOSITORY:TAG, an archive of an image, or a root folder',
    },
    { flags: '--os-version <version>', help: 'with --from: the version of that OS, which orders upgrades' },
    { flags: '--plain-http', help: 'with --from: talk to the registry without encryption' },
    {
      flags: '--layout <kind>',
      help: 'with oci: what the image holds; palette: a whole root file system for system.uri, kernel and initrd in /boot',
      choices: ['system', 'palette'],
    },
    {
      flags: '--arg-file <file>',
      help: 'with --layout palette: what names the image, as .arg of CanvOS (.arg)',
    },
    {
      flags: '-o, --output <folder>',
      help: 'where the artifacts go (dist/artifacts of the checkout; dist/own with --from, dist/palette for Palette)',
    },
    { flags: '--cache <folder>', help: 'where results of stages are kept (dist/cache of the checkout)' },
    { flags: '--dcp <file|url>', help: 'the Bhojpur DCP executable to include' },
    { flags: '--dcp-version <name>', help: 'version name of that DCP; derived from its content by default' },
    { flags: '--dcp-sha256 <digest>', help: 'what that DCP must be, as 64 hex digits' },
    { flags: '--insecure', help: 'take a DCP from an http URL without a digest' },
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
    {
      flags: '--quick',
      help: 'pack the root file system in a hurry, a quarter larger: for trying a change',
    },
    { flags: '--json', help: 'print events as JSON lines' },
  ],
  examples: [
    { line: 'opsctl build', does: 'Build everything into dist/artifacts:' },
    { line: 'opsctl build iso', does: 'Build only the live ISO:' },
    { line: 'opsctl build --arch arm64', does: 'Build for arm64, on any machine:' },
    { line: 'opsctl build --dcp ./dcp', does: 'Include Kubernetes:' },
    {
      line: 'opsctl build --from oci:registry.example.com/my-os:1.0 iso',
      does: 'An ISO of an OS of your own:',
    },
    {
      line: 'opsctl build oci --layout palette --arg-file .arg',
      does: 'The image for system.uri of a pack for Palette:',
    },
    {
      line: 'opsctl build --lock dist/artifacts/packages-amd64.lock.json',
      does: 'Build the same bytes again:',
    },
  ],
  subcommands: [sbom],
  load: () => import('./action.ts').then((module) => module.runBuild),
};
