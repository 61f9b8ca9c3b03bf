/**
 * Programs of the packages run while these are installed. Where this machine is of another architecture its kernel has
 * to start them by an emulator (Linux, Documentation/admin-guide/binfmt-misc.rst).
 */
import { type ArchitectureName, architectures } from '../architectures.ts';
import { refused } from '../errors.ts';
import { exitProgram } from '../formats/executables/exit-program.ts';
import type { Host } from '../host/ports.ts';
import { withTemporary } from '../operation/outcome.ts';

const kernelFolder = '/proc/sys/fs/binfmt_misc';

/** What Debian's qemu-user-static registers at the start of a machine; with F, for programs in other roots too. */
const registration = (emulator: string) => `/usr/lib/binfmt.d/${emulator}.conf`;

/**
 * Makes sure that programs of `arch` run here; as root it registers the emulator with the kernel, until the machine
 * restarts. Throws OpsError (refused) `emulator-missing`, `emulator-unregistered`.
 */
export async function requireRunnable(host: Host, arch: ArchitectureName): Promise<void> {
  if (arch === host.system.arch || (await runs(host, arch))) return;
  const { files, processes } = host;
  const { emulator } = architectures[arch];
  const conf = registration(emulator);
  if (!(await files.exists(conf)))
    throw refused(
      'emulator-missing',
      `This machine cannot run programs for ${arch}: ${conf} does not exist`,
      {
        hint: 'Install the emulator: `sudo apt-get install qemu-user-static`.',
      },
    );
  let cause: unknown;
  if (host.system.uid === 0)
    try {
      if (!(await files.exists(`${kernelFolder}/register`)))
        await processes.run('mount', ['-t', 'binfmt_misc', 'binfmt_misc', kernelFolder]);
      if (!(await files.exists(`${kernelFolder}/${emulator}`)))
        await files.append(`${kernelFolder}/register`, await files.readText(conf));
    } catch (error) {
      cause = error;
    }
  if (await runs(host, arch)) return;
  throw refused('emulator-unregistered', `The kernel of this machine does not start programs for ${arch}`, {
    cause,
    details: [`expected: ${emulator} below ${kernelFolder}, as ${conf} says`],
    hint:
      'Register the emulator: `sudo systemctl restart systemd-binfmt`, or build once as root. In a container this has ' +
      'to be done outside of it.',
  });
}

/** Whether the kernel starts programs of the architecture: one that only ends is started. */
async function runs(host: Host, arch: ArchitectureName): Promise<boolean> {
  const { files, processes } = host;
  const folder = await files.makeTempDir('bos-program-');
  const temporary = {
    what: folder,
    remove: () => files.remove(folder),
    cleanupFailed: 'Remove that folder by hand.',
  };
  return withTemporary(temporary, async () => {
    const program = `${folder}/program`;
    await files.write(program, exitProgram(architectures[arch]), { mode: 0o755 });
    try {
      await processes.run(program, [], { timeoutMs: 10_000 });
      return true;
    } catch {
      return false;
    }
  });
}
