/**
 * Brings files into an ext4 file system inside an image, which is not mounted, and reads them back. The image is a copy that
 * nothing starts yet.
 */
import { posix } from 'node:path';
import { z } from 'zod';
import { OpsError } from '../../errors.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { checkContent, readContent } from '../support/content/content.ts';
import { contentSchema, sha256Hex } from '../support/content/content-schema.ts';
import { debugfs, ext4At, quoted, requireSound } from './debugfs.ts';

export const fillExt4Schema = z.strictObject({
  id: z.string(),
  kind: z.literal('fill-ext4'),
  image: z.string(),
  /** Bytes: where the file system begins. */
  offset: z.number().int().nonnegative(),
  /** The folder that the files come from, with the paths they go to. */
  from: z.string(),
  folders: z.array(z.string()),
  files: z.array(
    z.strictObject({ path: z.string(), from: z.string(), mode: z.number().int(), sha256: sha256Hex }),
  ),
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
      await readBack(step, context);
    } finally {
      await host.files.remove(folder);
    }
  },
  // The copy is removed by the step that made it.
  undo: { kind: 'none' },
};

async function readBack(step: FillExt4, context: StepContext): Promise<void> {
  const { host } = context;
  const at = ext4At(step.image, step.offset, context);
  const folder = await host.files.makeTempDir('opsctl-fill-');
  try {
    const wanted = [...step.files, await configFile(step, context)];
    const dump = (path: string, to: string) => `dump ${quoted(`/${path}`)} ${quoted(`${folder}/${to}`)}`;
    const dumps = wanted.map(({ path }, index) => dump(path, String(index)));
    await debugfs(context, at, [...dumps, dump(step.init.path, 'init')], []);
    for (const [index, { path, sha256 }] of wanted.entries())
      if ((await digestOf(context, `${folder}/${index}`)) !== sha256) throw differs(path);
    const ours = await digestOf(context, `${step.from}/${step.init.from}`);
    if ((await digestOf(context, `${folder}/init`)) !== ours) throw differs(step.init.path);
  } finally {
    await host.files.remove(folder);
  }
  await requireSound(context, at);
}

const digestOf = ({ host }: StepContext, path: string): Promise<string> =>
  host.files.digest(path).catch(() => '');

const differs = (path: string) =>
  new OpsError('broken', 'read-back', `/${path} in the image is not what was written`, {
    hint: 'Make its root file system larger, if it has no free space.',
  });

async function configFile({ config }: FillExt4, context: StepContext) {
  return { path: config.path, sha256: sha256Of(await readContent(config.content, context)) };
}

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
