/**
 * The program that activates LVM in the initrd, with its loader and libraries: four times as large as all programs of
 * the initrd together, so that only an installation on LVM has it, beside its boot menu. It comes out of the live
 * system. Arrays of md need none: the kernel puts them together.
 */
import { basename } from 'node:path/posix';
import { refused } from '../../errors.ts';
import { elfNeeds } from '../../formats/executables/elf.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';

/** A file of the archive: where it comes from, and its name in `/lvm`. */
export interface VolumeTool {
  readonly from: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

const program = '/usr/sbin/lvm';

/** Throws `tool-missing` (refused): over another Linux, whose programs are not ours to take. */
export async function findVolumeTools({ files }: Pick<Host, 'files'>): Promise<readonly VolumeTool[]> {
  const missing = (what: string) =>
    refused('tool-missing', `${what} is missing, which the installed system needs to activate LVM`, {
      hint: 'Boot an unchanged Bhojpur OS ISO, and install from there.',
    });
  if (!(await files.exists('/usr/lib/bhojpur/boot')) || !(await files.exists(program)))
    throw missing(program);
  const folders = (await files.list('/usr/lib')).filter((name) => /^[a-z0-9_]+-linux-gnu/.test(name));
  const places = [...folders.map((name) => `/usr/lib/${name}`), '/usr/lib', '/usr/lib64'];
  const tools: VolumeTool[] = [];
  const libraries = new Set<string>();

  async function take(path: string, name: string) {
    // A link of the same name as what it leads to would say nothing of which file was meant.
    const from = await files.realPath(path);
    const bytes = await files.read(from);
    tools.push({ from, name, size: bytes.length, sha256: sha256Of(bytes) });
    const needs = elfNeeds(bytes);
    for (const library of needs.libraries) libraries.add(library);
    return needs;
  }

  const { interpreter } = await take(program, basename(program));
  if (interpreter === undefined) throw missing('its loader');
  await take(interpreter, 'loader');
  const loader = basename(interpreter);
  // A set grows while it is gone through: libraries need libraries.
  for (const name of libraries) {
    // Libraries name the loader, too, which is loaded already.
    if (name === loader) continue;
    const found = await firstOf(files, places, name);
    if (found === undefined) throw missing(`The library ${name}`);
    await take(found, name);
  }
  return tools;
}

async function firstOf(files: Host['files'], places: readonly string[], name: string) {
  for (const place of places) if (await files.exists(`${place}/${name}`)) return `${place}/${name}`;
  return undefined;
}
