/**
 * The documented recipe done right: extract, change, grub-mkrescue. Systems that call GRUB `grub2` have another
 * program and another folder; the modules of both platforms must be there, since grub-mkrescue says nothing of one
 * that is missing; HFS+ stays off, since it puts a second volume of the same name on a stick.
 */
import { type Architecture, type ArchitectureName, architectures } from '../../architectures.ts';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { manifestPath, parseManifest } from '../../media/manifest.ts';
import { type RebuildInput, writeContent } from './input.ts';

const biosModules = { folder: 'i386-pc', packages: 'grub-pc-bin (Debian), grub2-pc-modules (Fedora)' };
const platformsOf = ({ bios, efi }: Architecture) => [
  ...(bios ? [biosModules] : []),
  ...(efi === undefined ? [] : [efi.modules]),
];
const textLimit = 1024 * 1024;
const helpers = [
  { program: 'xorriso', packages: 'xorriso' },
  { program: 'mformat', packages: 'mtools' },
] as const;

/** Throws OpsError `tool-missing`, `grub-modules-missing` (refused), ToolFailed. */
export async function withGrubMkrescue(input: RebuildInput): Promise<void> {
  const { host, iso, image, edits, folder, target, date, signal } = input;
  const program = await grubProgram(host, platformsOf(architectures[await archOf(image)]));
  const tree = `${folder}/tree`;
  const options = {
    env: { SOURCE_DATE_EPOCH: String(date), TZ: 'UTC', TMPDIR: folder },
    ...(signal && { signal }),
  };
  await host.processes.run(
    'xorriso',
    // Folders of an ISO are read-only, and so are those extracted; they must take what is added.
    [
      '-osirrox',
      'on:auto_chmod_on',
      '-indev',
      iso,
      '-extract',
      '/',
      tree,
      '-chmod_r',
      'u+w',
      '/',
      '--',
      '-rollback_end',
    ],
    options,
  );
  await host.processes.run('chmod', ['-R', 'u+w', tree], options);
  for (const { path, content, link } of edits.files) {
    const target = `${tree}/${path}`;
    await host.files.remove(target);
    await host.files.makeDir(target.replace(/\/[^/]*$/, ''));
    if (link !== undefined) await host.files.symlink(link, target);
    else if (content !== undefined) await writeContent(host, content, target);
  }
  if (program === 'grub2-mkrescue') await menuOfGrub2(host, tree);
  // What the old image was started by would be on the new one twice.
  for (const name of ['boot.catalog', 'efi.img', 'mach_kernel', 'System'])
    await host.files.remove(`${tree}/${name}`);
  await host.processes.run(
    program,
    ['-o', target, tree, '--', '-hfsplus', 'off', '-volid', edits.volumeId ?? image.iso.volumeId],
    options,
  );
}

/** What is no ISO of ours is taken to be for PCs. */
async function archOf({ iso }: RebuildInput['image']): Promise<ArchitectureName> {
  if ((await iso.stat(manifestPath))?.type !== 'file') return 'amd64';
  return parseManifest(
    Buffer.from(await iso.readFile(manifestPath, textLimit)).toString('utf8'),
    manifestPath,
  ).arch;
}

async function grubProgram(
  { files, processes }: Host,
  platforms: ReturnType<typeof platformsOf>,
): Promise<string> {
  const names = ['grub-mkrescue', 'grub2-mkrescue'];
  const found: string[] = [];
  for (const name of names) if ((await processes.which(name)) !== undefined) found.push(name);
  const [program] = found;
  if (program === undefined)
    throw refused('tool-missing', 'Neither grub-mkrescue nor grub2-mkrescue is installed', {
      hint: 'Install grub-common (Debian) or grub2-tools-extra (Fedora), or leave --method out.',
    });
  for (const { program: helper, packages } of helpers)
    if ((await processes.which(helper)) === undefined)
      throw refused('tool-missing', `${program} needs ${helper}, which is not installed`, {
        hint: `Install ${packages}, or leave --method out.`,
      });
  const missing: string[] = [];
  for (const { folder, packages } of platforms)
    if (!(await files.exists(`/usr/lib/grub/${folder}/moddep.lst`)))
      missing.push(`${folder}: in ${packages}`);
  if (missing.length > 0)
    throw refused(
      'grub-modules-missing',
      `${program} would make an image that boots on one kind of firmware only`,
      {
        details: missing,
        hint: 'Install them, or leave --method out.',
      },
    );
  return program;
}

/** Its core image looks below boot/grub2. */
async function menuOfGrub2({ files }: Host, tree: string): Promise<void> {
  const [from, to] = [`${tree}/boot/grub/grub.cfg`, `${tree}/boot/grub2/grub.cfg`];
  if (!(await files.exists(from)) || (await files.exists(to))) return;
  await files.makeDir(`${tree}/boot/grub2`);
  await files.copy(from, to);
}
