/**
 * Brings files into an ext4 file system inside an image, which is not mounted, and reads them back. The image is a copy that
 * nothing starts yet.
 */
import { posix } from 'node:path';
import { z } from 'zod';
import { OpsError } from '../../errors.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { checkContent, readContent } from '../support/content/content.ts';
import { contentSchema } from '../support/content/content-schema.ts';
import { debugfs, ext4At, quoted, requireSound } from './debugfs.ts';
import { haveSameContent } from './same-content.ts';

export const fillExt4Schema = z.strictObject({
  id: z.string(),
  kind: z.literal('fill-ext4'),
  image: z.string(),
  /** Bytes: where the file system begins. */
  offset: z.number().int().nonnegative(),
  /** The folder that the files come from, with the paths they go to. */
  from: z.string(),
  folders: z.array(z.string()),
  files: z.array(z.strictObject({ path: z.string(), from: z.string(), mode: z.number().int() })),
  links: z.array(z.strictObject({ path: z.string(), target: z.string() })),
  /** The configuration. */
  config: z.strictObject({ path: z.string(), mode: z.number().int(), content: contentSchema }),
  /** What the kernel starts: the old one keeps the other name. A link is made again, a file keeps its inode. */
  init: z.strictObject({
    path: z.string(),
    kept: z.string(),
    target: z.string().nullable(),
    from: z.string(),
  }),
});
export type FillExt4 = z.infer<typeof fillExt4Schema>;

export const fillExt4: Handler<FillExt4> = {
  describe: ({ files, init }) =>
    `Write ${files.length} files into the root file system, and make /${init.path} start Bhojpur OS`,
  destructive: false,
  preflight: ({ config }, context) => checkContent(config.content, context),
  async run(step, context) {
    const { host } = context;
    const folder = await host.files.makeTempDir('opsctl-fill-');
    try {
      const config = `${folder}/config`;
      await host.files.write(config, await readContent(step.config.content, context), { mode: 0o600 });
      for (const { from, mode } of step.files) await host.files.chmod(`${step.from}/${from}`, mode);
      await host.files.chmod(config, step.config.mode);
      await debugfs(context, ext4At(step.image, step.offset, context), commands(step, config));
      await readBack(step, config, folder, context);
    } finally {
      await host.files.remove(folder);
    }
  },
  // The copy is removed by the step that made it.
  undo: { kind: 'none' },
};

/** Against what it was written from, whose digests are those of the manifest. */
async function readBack(step: FillExt4, config: string, folder: string, context: StepContext): Promise<void> {
  const { files } = context.host;
  const at = ext4At(step.image, step.offset, context);
  const wanted = [
    ...step.files.map(({ path, from }) => ({ path, from: `${step.from}/${from}` })),
    { path: step.config.path, from: config },
    { path: step.init.path, from: `${step.from}/${step.init.from}` },
  ];
  const found = `${folder}/found`;
  for (const { path, from } of wanted) {
    await files.remove(found);
    await debugfs(context, at, [`dump ${quoted(`/${path}`)} ${quoted(found)}`], []);
    if (!(await haveSameContent(files, from, found))) throw differs(path);
  }
  await requireSound(context, at);
}

const differs = (path: string) =>
  new OpsError('broken', 'read-back', `/${path} in the image is not what was written`, {
    hint: 'Make its root file system larger, if it has no free space.',
  });

/** The commands of debugfs; a file that is there goes first, as it writes over nothing. */
function commands(step: FillExt4, config: string): string[] {
  const lines: string[] = [];
  const into = (path: string) => lines.push(`cd ${quoted(`/${posix.dirname(path)}`)}`);
  const add = (path: string, line: (name: string) => string) => {
    into(path);
    lines.push(`rm ${quoted(posix.basename(path))}`, line(quoted(posix.basename(path))));
  };
  const write = (path: string, from: string) => add(path, (name) => `write ${quoted(from)} ${name}`);
  for (const folder of step.folders) {
    into(folder);
    lines.push(`mkdir ${quoted(posix.basename(folder))}`);
  }
  for (const { path, from } of step.files) write(path, `${step.from}/${from}`);
  for (const { path, target } of step.links) add(path, (name) => `symlink ${name} ${quoted(target)}`);
  write(step.config.path, config);
  const { init } = step;
  into(init.path);
  const [name, kept] = [quoted(posix.basename(init.path)), quoted(posix.basename(init.kept))];
  if (init.target === null) lines.push(`ln ${name} ${kept}`, `unlink ${name}`);
  else lines.push(`symlink ${kept} ${quoted(init.target)}`, `rm ${name}`);
  lines.push(`write ${quoted(`${step.from}/${init.from}`)} ${name}`);
  return lines;
}
