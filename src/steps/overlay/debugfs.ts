/**
 * Changes inside an ext4 file system that is not mounted. debugfs ends well whatever its commands do, so nothing but
 * reading back counts.
 */
import { OpsError } from '../../errors.ts';
import type { StepContext } from '../../plan/plan.ts';

/** The file system in an image, as e2fsprogs names it. `image` is a name of the plan, or a path; bytes. */
export const ext4At = (image: string, offset: number, { resolve }: Pick<StepContext, 'resolve'>): string =>
  `${resolve(image)}?offset=${offset}`;

/** debugfs(8): a name with a space is quoted, a quote in it doubled. */
export const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** Runs commands that change it, in their order. */
export async function debugfs(
  { host }: StepContext,
  at: string,
  commands: readonly string[],
  options: readonly string[] = ['-w'],
): Promise<void> {
  const input = `${commands.join('\n')}\n`;
  await host.processes.run('debugfs', [...options, '-f', '-', at], { input });
}

/** Nothing is repaired: what debugfs has left must be sound. Throws `read-back` (broken). */
export async function requireSound({ host }: StepContext, at: string): Promise<void> {
  const okCodes = Array.from({ length: 256 }, (_, code) => code);
  const { exitCode } = await host.processes.run('e2fsck', ['-f', '-n', at], { okCodes });
  if (exitCode === 0) return;
  throw new OpsError('broken', 'read-back', 'The file system in the image is damaged', {
    hint: 'Check the original image with `e2fsck -f -n`.',
  });
}
