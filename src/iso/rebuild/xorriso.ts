/** A new ISO by xorriso: all of the old one, its boot loaders as they are, with the changes; without HFS+. */
import { platforms, readBootCatalogue } from '../../formats/iso9660/el-torito.ts';
import type { Image } from '../image.ts';
import { type RebuildInput, writeContent } from './input.ts';
import { sourcePath, sourceTree } from './names.ts';

/** ECMA-119 8.4.26: YYYYMMDDhhmmsscc, as xorriso takes it. */
const isoDate = (seconds: number) =>
  `${new Date(seconds * 1000).toISOString().replace(/\D/g, '').slice(0, 14)}00`;

/** Throws OpsError `tool-missing` (refused), ToolFailed. */
export async function withXorriso(input: RebuildInput): Promise<void> {
  const { host, iso, image, edits, folder, target, date, signal } = input;
  const changes: string[][] = [];
  for (const [index, change] of edits.files.entries()) {
    const { content, link, executable } = change;
    const path = await sourcePath(image, change.path);
    if (content === undefined) {
      // A link may be new. Removing what is not there is a fault to xorriso.
      if (link === undefined || (await sourceTree(image).stat(path)) !== undefined)
        changes.push(['-rm_r', `/${path}`, '--']);
      if (link !== undefined) changes.push(['-lns', link, `/${path}`]);
      continue;
    }
    let from: string;
    if (content.kind === 'file' && content.start === undefined) from = content.path;
    else {
      from = `${folder}/${index}`;
      await writeContent(host, content, from);
    }
    changes.push(['-map', from, `/${path}`]);
    changes.push(['-chmod', executable ? '0555' : '0444', `/${path}`, '--']);
    changes.push(['-chown', '0', `/${path}`, '--'], ['-chgrp', '0', `/${path}`, '--']);
    changes.push(['-alter_date', 'b', isoDate(date), `/${path}`, '--']);
  }
  // In a file: a command line has an end, which a folder of some thousand files reaches.
  const listed = `${folder}/changes`;
  await host.files.write(listed, changes.map((words) => `${words.map(quoted).join(' ')}\n`).join(''));
  await host.processes.run(
    'xorriso',
    [
      // A name with a star or brackets is that name, not all that it would match.
      ...['-iso_rr_pattern', 'off'],
      ...['-abort_on', 'FAILURE', '-return_with', 'SORRY', '32', '-overwrite', 'on'],
      // Checksums of its own would not survive what is written into the tables afterwards.
      ...['-md5', 'off', '-hfsplus', 'off', ...asSystemsShow, '-indev', iso, '-outdev', `stdio:${target}`],
      ...(await bootArguments(input)),
      ...['-volid', edits.volumeId ?? image.iso.volumeId],
      ...['-compliance', hasTree(image, 'enhanced') ? 'iso_9660_1999' : 'iso_9660_1999_off'],
      ...['-joliet', hasTree(image, 'joliet') ? 'on' : 'off'],
      ...['-volume_date', 'uuid', volumeDate(image) ?? isoDate(date)],
      ...['-backslash_codes', 'in_double_quotes', '-options_from_file', listed],
      ...['-commit', '-end'],
    ],
    { env: environment(date), ...(signal && { signal }) },
  );
}

const hasTree = ({ trees }: Image, kind: 'joliet' | 'enhanced'): boolean =>
  trees.some(({ volume }) => volume.kind === kind);

/** A word of such a file, where a line is a command. */
const quoted = (word: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: names may have them
  `"${word.replaceAll(/[\\"\u0000-\u001f]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`)}"`;

/** Names without Rock Ridge and Joliet as Linux and GRUB show them. */
const asSystemsShow = ['-ecma119_map', 'lowercase'];

/** What menus find the volume by, to the hundredth of a second (8.4.27). */
function volumeDate({ iso }: Image): string | undefined {
  const { descriptor } = iso.descriptors.primary;
  const digits = Buffer.from(descriptor.subarray(830, 846)).toString('latin1');
  return /^[1-9]\d{15}$/.test(digits) ? digits : undefined;
}

const environment = (date: number) => ({ SOURCE_DATE_EPOCH: String(date), TZ: 'UTC' });

/**
 * What makes the new image boot as the old one: xorriso's own report of that. What it leaves out is an image for UEFI
 * that is no file but a partition, as the signed loader is: that is copied and appended again.
 */
async function bootArguments({ host, iso, image, folder, date }: RebuildInput): Promise<string[]> {
  const { stdout } = await host.processes.run(
    'xorriso',
    ['-hfsplus', 'off', '-indev', iso, '-report_el_torito', 'cmd'],
    { env: environment(date) },
  );
  const settings = stdout
    .split('\n')
    .filter((line) => /^-(boot_image|append_partition) /.test(line))
    .map(shellWords)
    .filter(([, , what = '']) => !what.startsWith('efi_boot_part=--interval'));
  if (settings.some((words) => words[2]?.startsWith('efi_path='))) return settings.flat();
  const hidden = await hiddenLoader(image);
  const apart = (await image.used()).find(({ what, offset }) => what === 'boot image' && offset === hidden);
  if (apart === undefined) return settings.flat();
  if (settings.at(-1)?.[2] !== 'next') settings.push(['-boot_image', 'any', 'next']);
  const file = `${folder}/efi.img`;
  await host.files.write(file, await image.source.read(apart.offset, apart.length));
  return [
    ...settings.flat(),
    ...['-append_partition', '2', '0xef', file, '-boot_image', 'any', 'appended_part_as=gpt'],
    ...['-boot_image', 'any', 'efi_path=--interval:appended_partition_2:all::'],
    ...['-boot_image', 'any', 'platform_id=0xef', '-boot_image', 'any', 'emul_type=no_emulation'],
  ];
}

/** Where the UEFI image begins when no file is there. */
async function hiddenLoader(image: RebuildInput['image']): Promise<number | undefined> {
  const catalogue = await readBootCatalogue(image.source, image.iso.descriptors);
  const used = await image.used();
  return catalogue?.images.find(
    ({ platform, offset }) =>
      platform === platforms.efi &&
      offset > 0 &&
      !used.some((known) => known.what === 'file' && known.offset === offset),
  )?.offset;
}

/** Words as xorriso prints them: single quotes around what needs them. */
const shellWords = (line: string): string[] =>
  [...line.matchAll(/(?:[^\s']+|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''));
