/** The base of the root file system: Debian's packages, installed and configured by mmdebstrap, then trimmed. */

import { architectures } from '../../architectures.ts';
import { keymapNames } from '../../config/keys/keymaps.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import { withTemporary } from '../../operation/outcome.ts';
import { asInstallFailure } from '../failures.ts';
import type { LockedPackage, PackageLists, PackageLock } from '../packages/lock.ts';
import { writeRepository } from '../packages/repository.ts';
import { installMode, killable, removeWorkFolder } from '../privileges.ts';
import type { Stage } from '../stage.ts';

export interface BaseParts {
  readonly lists: PackageLists;
  readonly lock: PackageLock;
  /** Texts of os/keymaps.sh and os/customize.sh. */
  readonly scripts: { readonly keymaps: string; readonly customize: string };
  /** What the scripts read beside them: os/masked-units, os/local-config.yaml, by name. */
  readonly beside: Readonly<Record<string, string>>;
  /** Folder of the locked packages. */
  packages(): Promise<string>;
}

const options = [
  ...['--variant=essential', '--format=tar', '--verbose', '--aptopt=APT::Install-Recommends "false"'],
  '--dpkgopt=path-exclude=/usr/share/man/*',
  '--dpkgopt=path-exclude=/usr/share/locale/*',
  ...['--skip=check/qemu', '--skip=cleanup'],
];

/** Makes `base.tar`: as root or not, the same bytes. */
export function baseStage(host: Host, parts: BaseParts): Stage<never> {
  const { lists, lock, scripts, beside } = parts;
  // What the configuration knows is what the image has.
  const keymaps = `${keymapNames.join('\n')}\n`;
  const customize = sha256Of(
    `${scripts.keymaps}\0${keymaps}\0${scripts.customize}\0${JSON.stringify(beside)}`,
  );
  const offered = offeredPackages(lock, lists);
  const arguments_ = [
    `--architectures=${architectures[lock.arch].debian}`,
    `--include=${lists.rootfs.join(',')}`,
    ...options,
  ];
  return {
    name: 'base',
    title: 'Install the Debian packages',
    inputs: { packages: offered, date: lock.date, arguments_, customize },
    tools: ['mmdebstrap', 'apt-get', 'dpkg-deb'],
    needs: {},
    make: async ({ folder, percent }) => {
      const { files, processes } = host;
      const mode = await installMode(host);
      const debs = await parts.packages();
      // In a place that the other users of a user namespace can reach: a home folder often is not.
      const work = await files.makeTempDir('bos-base-');
      const temporary = {
        what: work,
        remove: () => removeWorkFolder(host, work),
        cleanupFailed: 'The packages are installed; remove that folder by hand, and build again.',
      };
      await withTemporary(temporary, async () => {
        await files.chmod(work, 0o755);
        await files.makeDir(`${work}/repository`);
        const source = await writeRepository(host, offered, lock.date, debs, `${work}/repository`);
        await files.write(`${work}/keymaps`, keymaps);
        for (const [name, text] of Object.entries(beside)) await files.write(`${work}/${name}`, text);
        await files.write(`${work}/keymaps.sh`, scripts.keymaps, { mode: 0o755 });
        await files.write(`${work}/customize.sh`, scripts.customize, { mode: 0o755 });
        const progress = installProgress(offered.length, percent);
        const [command, args] = killable(mode, 'mmdebstrap', [
          ...[`--mode=${mode}`, ...arguments_],
          ...['keymaps.sh', 'customize.sh'].map((script) => `--customize-hook=${work}/${script}`),
          ...['bookworm', `${folder}/base.tar`, source],
        ]);
        const installed = processes.run(command, args, {
          env: { SOURCE_DATE_EPOCH: String(lock.date), DEBIAN_FRONTEND: 'noninteractive', TMPDIR: work },
          onStdout: progress,
          onStderr: progress,
          program: 'mmdebstrap',
        });
        await installed.catch((error) => Promise.reject(asInstallFailure(error)));
      });
    },
  };
}

/** The packages that installing may choose from: without the kernel, so that a new one leaves the base as it is. */
export function offeredPackages(lock: PackageLock, lists: PackageLists): LockedPackage[] {
  const apart = new Set([...lists.kernel, ...lists.boot].filter((name) => !lists.rootfs.includes(name)));
  return lock.packages.filter(({ name }) => !apart.has(name) && !/^linux-image-\d/.test(name));
}

/** Percent from dpkg's lines: each package is unpacked once and set up once, between 15 and 95 percent. */
export function installProgress(packages: number, percent: (value: number) => void): (line: string) => void {
  let seen = 0;
  return (line) => {
    if (!/^(Unpacking|Setting up) \S/.test(line)) return;
    seen += 1;
    percent(15 + 80 * Math.min(1, seen / (packages * 2)));
  };
}
