/**
 * A machine with Secure Boot keeps a list of the generations of boot loaders that it still starts, and shim raises it
 * for good. What is older must not be put on its disk: it would not start. shim's SBAT.md, "SbatLevel".
 */
import { probeFirmware } from '../../disk/probe/machine.ts';
import { refused } from '../../errors.ts';
import { sbatLevelOf, sbatLevelOfText, wouldGoBack } from '../../formats/executables/sbat.ts';
import type { StepContext } from '../../plan/plan.ts';
import { readContent } from './content/content.ts';
import type { Content } from './content/content-schema.ts';

/** What shim shows of its variable once the system runs. */
const levelPath = '/sys/firmware/efi/efivars/SbatLevelRT-605dab50-e046-4300-abb6-3dd810dd8b23';

/** Throws `loader-revoked` (refused). Reads the loaders only on a machine that would refuse some. */
export async function refuseRevoked(
  files: readonly { readonly path: string; readonly content: Content }[],
  context: StepContext,
): Promise<void> {
  const { host } = context;
  if (!(await host.files.exists(levelPath))) return;
  if (!(await probeFirmware(host, { root: '' })).secureBoot) return;
  // Four bytes of attributes come before the value.
  const required = sbatLevelOfText((await host.files.read(levelPath)).subarray(4));
  for (const { path, content } of files) {
    if (!/\.efi$/i.test(path)) continue;
    const level = sbatLevelOf(await readContent(content, context));
    if (level === undefined) continue;
    const below = wouldGoBack(required, level).filter((component) => !component.startsWith('sbat '));
    if (below.length === 0) continue;
    throw refused(
      'loader-revoked',
      `This machine no longer starts ${path}: it requires ${below.join(', ')}`,
      {
        hint: 'Install from a newer Bhojpur OS, or turn Secure Boot off.',
      },
    );
  }
}
