/**
 * What somebody's own root file system is, and everything that it lacks to become a medium of ours: the kernel, systemd,
 * the libraries of Node.js, the programs and units that opsctl works with.
 */
import type { Architecture } from '../../architectures.ts';
import { refused } from '../../errors.ts';
import type { ElfNeeds } from '../../formats/executables/elf.ts';
import { parseStanzas } from '../inventory/debian-version.ts';
import { accountFaults } from './accounts.ts';
import { findKernel, type OwnKernel } from './kernels.ts';
import type { Look } from './look.ts';
import {
  libraryPackages,
  neededPrograms,
  neededUnits,
  type ProgramPackages,
  usefulPrograms,
} from './programs.ts';

export interface OwnSystem {
  /** Of os-release(5): PRETTY_NAME, ID, VERSION_ID. */
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly kernel: OwnKernel;
  readonly otherKernels: readonly string[];
  /** undefined where nothing says what is installed. */
  readonly packages: { readonly manager: 'dpkg' | 'rpm'; readonly count: number | undefined } | undefined;
  /** What works less well without programs that are missing. */
  readonly warnings: readonly string[];
}

export interface Wanted {
  readonly architecture: Architecture;
  /** Of the Node.js that runs opsctl. */
  readonly node: ElfNeeds;
  /** Modules of the kernel for what media and disks have. */
  readonly fileSystems: readonly string[];
}

interface Lack {
  readonly what: string;
  readonly packages?: ProgramPackages | undefined;
}

const systemd = 'usr/lib/systemd/systemd';

/** Throws OpsError (refused) `own-incomplete` with all that is missing, and the packages that have it. */
export async function inspectRoot(look: Look, where: string, wanted: Wanted): Promise<OwnSystem> {
  const release = parseOsRelease(
    (await look.text('etc/os-release')) ?? (await look.text('usr/lib/os-release')) ?? '',
  );
  const search = await findKernel(look, wanted.architecture, wanted.fileSystems);
  const lacks: Lack[] = [
    ...folderLacks(look),
    ...search.faults.map((what) => ({ what, packages: kernelPackages(wanted.architecture) })),
    ...(await systemdLacks(look, wanted.architecture)),
    ...libraryLacks(look, wanted),
    ...programLacks(look),
    ...unitLacks(look),
    ...(await accountFaults(look)).map((what) => ({ what })),
  ];
  const id = release.get('ID') ?? '';
  const name = release.get('PRETTY_NAME') ?? release.get('NAME') ?? (id || 'a system without os-release');
  const { kernel } = search;
  if (lacks.length > 0 || kernel === undefined)
    throw incomplete(where, name, `${id} ${release.get('ID_LIKE') ?? ''}`, lacks);
  const missing = Object.entries(usefulPrograms).filter(([program]) => !hasProgram(look, program));
  return {
    ...{ name, id, version: release.get('VERSION_ID') ?? '' },
    ...{ kernel, otherKernels: search.others },
    packages: await packagesOf(look),
    warnings: missing.map(
      ([program, { debian, lost }]) =>
        `${program} (package ${debian}) is missing; without it there is no ${lost}`,
    ),
  };
}

/** os-release(5): shell assignments, without what a shell would do with them. */
export function parseOsRelease(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value = ''] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim()) ?? [];
    if (key === undefined) continue;
    const plain = value.replace(/^(["'])(.*)\1$/, '$2').replaceAll(/\\(["'$`\\])/g, '$1');
    // A terminal must not be told anything by an image.
    found.set(key, plain.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 200));
  }
  return found;
}

/** The links of a merged /usr, as the initrd makes them. */
function folderLacks(look: Look): Lack[] {
  const merged = ['bin', 'sbin', 'lib'].filter(
    (name) => look.node(name) !== undefined && look.node(name) !== look.node(`usr/${name}`),
  );
  return [
    ...(merged.length > 0
      ? [
          {
            what: `a merged /usr: ${merged.map((name) => `/${name}`).join(', ')} must be a link to its folder below /usr`,
            packages: { debian: 'usrmerge' },
          },
        ]
      : []),
    ...['etc', 'usr', 'var']
      .filter((name) => look.node(name)?.kind !== 'directory')
      .map((name) => ({ what: `the folder /${name}` })),
  ];
}

const kernelPackages = ({ debian }: Architecture): ProgramPackages => ({
  ...{ debian: `linux-image-${debian}`, rhel: 'kernel' },
});

async function systemdLacks(look: Look, { name, elf }: Architecture): Promise<Lack[]> {
  const packages = { debian: 'systemd-sysv', rhel: 'systemd' };
  const node = look.node(systemd);
  if (node?.kind !== 'file') return [{ what: `systemd (/${systemd})`, packages }];
  const head = Buffer.from(await look.source(node).read(0, 20));
  // System V ABI, "ELF header": e_machine at byte 18.
  const machine = head.length === 20 && head.toString('latin1', 1, 4) === 'ELF' ? head.readUInt16LE(18) : 0;
  return machine === elf.machine
    ? []
    : [{ what: `a system for ${name}: /${systemd} is for another architecture` }];
}

function libraryLacks(look: Look, { architecture, node }: Wanted): Lack[] {
  const folders = [`usr/lib/${architecture.triplet}`, 'usr/lib64', 'usr/lib', 'lib64', 'lib'];
  const has = (name: string) => folders.some((folder) => look.node(`${folder}/${name}`)?.kind === 'file');
  const { loader } = architecture;
  return [
    ...(look.node(loader) === undefined && look.node(`usr/${loader}`) === undefined
      ? [{ what: `the GNU C library (/${loader})`, packages: { debian: 'libc6', rhel: 'glibc' } }]
      : []),
    ...node.libraries
      .filter((name) => !name.startsWith('ld-') && !has(name))
      .map((name) => ({
        what: `the library ${name}, for Node.js`,
        packages: libraryPackages[name] ?? { debian: 'libc6', rhel: 'glibc' },
      })),
  ];
}

function hasProgram(look: Look, name: string): boolean {
  return ['usr/sbin', 'usr/bin', 'sbin', 'bin'].some((folder) => {
    const node = look.node(`${folder}/${name}`);
    return node?.kind === 'file' && (node.details.mode & 0o111) !== 0;
  });
}

const programLacks = (look: Look): Lack[] =>
  Object.entries(neededPrograms)
    .filter(([name]) => !hasProgram(look, name))
    .map(([name, packages]) => ({ what: `the program ${name}`, packages }));

const unitLacks = (look: Look): Lack[] =>
  Object.entries(neededUnits)
    .filter(([name]) =>
      ['usr/lib/systemd/system', 'etc/systemd/system'].every(
        (folder) => look.node(`${folder}/${name}`)?.kind !== 'file',
      ),
    )
    .map(([name, packages]) => ({ what: `the unit ${name}`, packages }));

async function packagesOf(look: Look): Promise<OwnSystem['packages']> {
  const status = await look.text('var/lib/dpkg/status');
  if (status !== undefined) {
    const count = parseStanzas(status).filter((stanza) =>
      / installed$/.test(stanza.get('Status') ?? ''),
    ).length;
    return { manager: 'dpkg', count };
  }
  const rpm = ['var/lib/rpm', 'usr/lib/sysimage/rpm'].some((path) => look.node(path)?.children !== undefined);
  return rpm ? { manager: 'rpm', count: undefined } : undefined;
}

function incomplete(where: string, name: string, families: string, lacks: readonly Lack[]) {
  const isDebian = /\b(debian|ubuntu)\b/.test(families);
  const isRhel = /\b(rhel|fedora|centos)\b/.test(families);
  const list = (family: keyof ProgramPackages) =>
    [...new Set(lacks.flatMap(({ packages }) => packages?.[family] ?? []))].sort().join(' ');
  const lines = [
    ...(isRhel && !isDebian ? [] : [`apt-get install ${list('debian')}`]),
    ...(isDebian ? [] : [`dnf install ${list('rhel')}`]),
  ].filter((line) => !line.endsWith('install '));
  return refused('own-incomplete', `${where} (${name}) lacks what Bhojpur OS needs of a system`, {
    details: lacks.map(({ what, packages }) => {
      const names = [
        ...(isRhel && !isDebian ? [] : [packages?.debian]),
        ...(isDebian ? [] : [packages?.rhel && `${packages.rhel} on RHEL`]),
      ].filter(Boolean);
      return names.length === 0 ? what : `${what} (package ${[...new Set(names)].join('; ')})`;
    }),
    hint:
      lines.length === 0
        ? 'Mend the image, and build again.'
        : `Nothing was built. Add this to the image: ${lines.map((line) => `\`${line}\``).join(' or ')}.`,
  });
}
