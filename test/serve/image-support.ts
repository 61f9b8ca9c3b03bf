/** A disk image, and what `opsctl image edit` makes of it for a machine. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { workstationHost } from '../../src/host/workstation/index.ts';
import { editImage } from '../../src/image/edit/edit.ts';
import { temporaryFolder, tool } from '../formats/support.ts';
import { copiedImage } from '../image/small-image.ts';

const first = 'hostname: one\nbos:\n  password: hush-hush\n';
const config = 'hostname: node1\nbos:\n  password: of-node-1\n';
export const node1 = `
config:
  hostname: node1
  bos:
    password: of-node-1
append_kargs: [console=ttyS1]
delete_kargs: [quiet]
volid: ONLY_OF_AN_ISO
`;

export async function image(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  const base = join(folder, 'disk.img');
  await copiedImage(t, base, first);
  return { folder, base };
}

/** A copy of the base, edited by the command. */
export async function edited(folder: string, base: string): Promise<string> {
  const [wanted, file] = [join(folder, 'wanted.img'), join(folder, 'node1.yaml')];
  tool('cp', base, wanted);
  writeFileSync(file, config);
  await editImage(
    workstationHost(),
    {
      image: wanted,
      menu: { append: ['console=ttyS1'], delete: ['quiet'], replace: [] },
      config: file,
      ...{ undo: false, allowNoLogin: false },
    },
    { emit: () => {}, signal: new AbortController().signal, dryRun: false },
  );
  return wanted;
}
