/** An image that is edited, and what is in force in it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Host } from '../../../src/host/ports.ts';
import { workstationHost } from '../../../src/host/workstation/index.ts';
import { espOf, readSettings, withDisk } from '../../../src/image/disk.ts';
import { type EditOptions, type EditRequest, editImage } from '../../../src/image/edit/edit.ts';
import { temporaryFolder } from '../../formats/support.ts';
import { copiedImage } from '../small-image.ts';

export const host = workstationHost();
export const nothing = { append: [], delete: [], replace: [] };

/** An image with a configuration, two configurations beside it, and what edits it. */
export async function setUp(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  const image = join(folder, 'disk.img');
  const one = 'hostname: one\nbos:\n  password: hush-hush\n';
  writeFileSync(join(folder, 'one.yaml'), one);
  writeFileSync(join(folder, 'two.yaml'), 'hostname: two\nbos:\n  password: hush-hush\n');
  await copiedImage(t, image, one);
  const edit = (more: Partial<EditRequest>, options: Partial<EditOptions> = {}, by: Host = host) =>
    editImage(
      by,
      { image, menu: nothing, undo: false, allowNoLogin: false, ...more },
      { emit: () => {}, signal: new AbortController().signal, dryRun: false, ...options },
    );
  return { folder, image, edit, config: (name: string) => join(folder, `${name}.yaml`) };
}

/** What the next start uses, and the configuration before. */
export async function inForce(image: string) {
  return withDisk(host, image, 'r', async (disk) => {
    const { current, before } = await readSettings(disk, await espOf(image, disk));
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
    const args = /linux (.*)/.exec(text(current.menu))?.[1] ?? '';
    return { args, config: text(current.config), before: text(before.config) };
  });
}
