/** `opsctl oci`: OCI images in registries. */
import type { CommandDefinition, OptionRow } from '../../command.ts';

const plainHttp: OptionRow = {
  flags: '--plain-http',
  help: 'talk to the registry without encryption; registries of this machine are always talked to so',
};
const caFile: OptionRow = {
  flags: '--ca-file <file>',
  help: 'certificates (PEM) to trust in addition to the usual ones',
};
const mirror: OptionRow = {
  flags: '--mirror <registry>',
  help: 'registry to ask first, HOST or HOST:PORT; the image’s own is asked when it fails',
  repeatable: true,
};
const json: OptionRow = { flags: '--json', help: 'print events as JSON lines' };
const login =
  'Logs in with what `docker login` has left in ~/.docker/config.json, or in the folder DOCKER_CONFIG names; the ' +
  'credential helpers named there are run.';

const push: CommandDefinition = {
  name: 'push',
  summary: 'send an OCI image to a registry',
  description:
    `Sends the image in an archive, such as the one that "opsctl build oci" makes, to a registry, under a tag. Sends only what the registry ` +
    `does not have, goes on where it was cut off, and sets the tag last. ${login}`,
  args: [
    { name: '<archive>', help: 'path or URL of an OCI image layout in a tar archive' },
    { name: '<reference>', help: 'REGISTRY/REPOSITORY:TAG', words: [] },
  ],
  options: [plainHttp, caFile, json],
  examples: [
    {
      line: 'opsctl oci push dist/artifacts/bos-oci-amd64.tar registry.example.com/bos:0.1.0',
      does: 'Send the image of a build:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.ociPush),
};

const pull: CommandDefinition = {
  name: 'pull',
  summary: 'fetch an OCI image into a file',
  description:
    'Fetches everything a reference leads to, for all architectures, into one archive, which "opsctl oci push" sends to another ' +
    'registry and nodes upgrade from. Compares every digest, goes on where it was cut off, and gives the ' +
    `archive its name when it is complete. ${login}`,
  args: [{ name: '<reference>', help: 'REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST', words: [] }],
  options: [
    {
      flags: '-o, --output <file>',
      help: 'the archive to write; or a folder, for REPOSITORY-TAG.tar in it',
      default: '.',
    },
    { flags: '--force', help: 'replace a file that exists' },
    mirror,
    plainHttp,
    caFile,
    json,
  ],
  examples: [
    {
      line: 'opsctl oci pull registry.example.com/bos:0.1.0 -o bos-oci.tar',
      does: 'Fetch an image, to carry it to nodes without a network:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.ociPull),
};

const join: CommandDefinition = {
  name: 'join',
  summary: 'make one OCI image for several architectures out of their archives',
  description:
    'Writes one archive whose index names the images of all that are given, such as those of "opsctl build oci" for amd64 and ' +
    'for arm64: pushed under one tag, each machine takes its own. They must be of one version. Every blob is compared ' +
    'with its digest; the archive gets its name when it is complete.',
  args: [{ name: '<archive...>', help: 'paths or URLs of OCI image layouts in tar archives' }],
  options: [
    { flags: '-o, --output <file>', help: 'the archive to write', default: 'bos-oci.tar' },
    { flags: '--force', help: 'replace a file that exists' },
    caFile,
    json,
  ],
  examples: [
    {
      line: 'opsctl oci join bos-oci-amd64.tar bos-oci-arm64.tar -o bos-oci.tar',
      does: 'One image for both architectures:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.ociJoin),
};

const inspect: CommandDefinition = {
  name: 'inspect',
  summary: 'show what an OCI image is and contains',
  prints: true,
  description:
    'Shows the digest a reference leads to, and for each architecture the versions of kernel, OS and Bhojpur DCP, the layers ' +
    'with their sizes, and whether files in them can be read without fetching the layer. Fetches only the documents of the ' +
    `image. ${login}`,
  args: [
    {
      name: '<reference>',
      help: 'REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST; oci-archive:FILE, or its path, for an archive',
      words: [],
    },
  ],
  options: [mirror, plainHttp, caFile, { flags: '--json', help: 'print a JSON object' }],
  examples: [
    { line: 'opsctl oci inspect registry.example.com/bos:0.1.0', does: 'See what is in a registry:' },
    {
      line: 'opsctl oci inspect oci-archive:dist/artifacts/bos-oci-amd64.tar --json',
      does: 'The same of an archive, as JSON:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.ociInspect),
};

export const ociCommand: CommandDefinition = {
  name: 'oci',
  summary: 'push, fetch, join and inspect OCI images',
  subcommands: [push, pull, join, inspect],
};
