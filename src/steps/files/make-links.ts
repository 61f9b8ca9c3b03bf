/** Makes the links `current` and `previous`, which show people which versions are in use. */
import { basename, dirname } from 'node:path/posix';
import { z } from 'zod';
import { errorCode } from '../../errors.ts';
import type { Files } from '../../host/ports.ts';
import type { Handler } from '../../plan/plan.ts';
import { readBackError } from '../support/devices.ts';
import { withTargetFolder } from '../support/target-folder.ts';

export const makeLinksSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('make-links'),
  at: z.string(),
  links: z.array(z.strictObject({ path: z.string(), target: z.string() })),
});
export type MakeLinks = z.infer<typeof makeLinksSchema>;

export const makeLinks: Handler<MakeLinks> = {
  describe: (step) => `Link ${step.links.map((link) => `${link.path} -> ${link.target}`).join(', ')}`,
  destructive: false,
  async run(step, { host, resolve }) {
    for (const { path, target } of step.links)
      await withTargetFolder(host.files, resolve(step.at), dirname(path), (folder) =>
        link(host.files, target, `${folder}/${basename(path)}`),
      );
  },
  async verify(step, { host, resolve }) {
    for (const { path, target } of step.links) {
      const full = `${resolve(step.at)}/${path}`;
      if ((await host.files.readLink(full)) !== target) throw readBackError(full);
    }
  },
  undo: { kind: 'none' },
};

/** One that is there leads to the old target or to the new one at every moment. */
async function link(files: Files, target: string, path: string): Promise<void> {
  try {
    await files.symlink(target, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST' || (await files.stat(path))?.type !== 'symlink') throw error;
    const unfinished = `${path}.new`;
    await files.remove(unfinished);
    await files.symlink(target, unfinished);
    await files.rename(unfinished, path);
  }
}
