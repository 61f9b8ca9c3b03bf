/**
 * The disk as GRUB reads it: through its own drivers, and of ext4 without the journal, which it does not replay.
 * grub-fstest is GRUB's code as a program.
 */
import type { Host } from '../../../src/host/ports.ts';

/** `part` as in the table: 2 is the EFI system partition, 3 the state. */
const grubPath = (part: number, path: string) => `(loop0,gpt${part})/${path}`;

/** The text of a small file; undefined when GRUB cannot read it. */
export async function grubText(
  host: Host,
  image: string,
  part: number,
  path: string,
): Promise<string | undefined> {
  const { exitCode, stdout, stderr } = await host.processes.run(
    'grub-fstest',
    [image, 'cat', grubPath(part, path)],
    { okCodes: [0, 1] },
  );
  return exitCode === 0 && !/error:/.test(stderr) ? stdout : undefined;
}

/** The digest of a file; undefined when GRUB cannot read all of it. `copy` is a path to write it to. */
export async function grubDigest(
  host: Host,
  image: string,
  part: number,
  path: string,
  copy: string,
): Promise<string | undefined> {
  await host.files.remove(copy);
  const { exitCode, stderr } = await host.processes.run(
    'grub-fstest',
    [image, 'cp', grubPath(part, path), copy],
    { okCodes: [0, 1] },
  );
  if (exitCode !== 0 || /error:/.test(stderr) || !(await host.files.exists(copy))) return undefined;
  return host.files.digest(copy);
}
