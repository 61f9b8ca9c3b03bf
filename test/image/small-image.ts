/** Images of a small ISO, as large as the smallest disk, with as much in them as an image is made with. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { workstationHost } from '../../src/host/workstation/index.ts';
import { type CreatedImage, createImage, type ImageRequest } from '../../src/image/create/create.ts';
import { keptFolder, tool } from '../formats/support.ts';
import { smallIso } from './create/small-iso.ts';

const images = new Map<string, Promise<string>>();

export const madeImage = (
  t: ExecutionContext,
  request: Partial<ImageRequest> & Pick<ImageRequest, 'output'>,
  signal = new AbortController().signal,
  host = workstationHost(),
): Promise<CreatedImage> =>
  createImage(
    host,
    {
      from: request.from ?? smallIso(t),
      append: [],
      allowNoLogin: false,
      force: false,
      checksums: false,
      ...request,
    },
    { emit: () => {}, signal },
  );

/** Makes an image with this configuration at `output`: the first time in full, then a copy without its holes. */
export async function copiedImage(
  t: ExecutionContext,
  output: string,
  config: string,
  append: readonly string[] = [],
): Promise<void> {
  const key = JSON.stringify([config, append]);
  const made = images.get(key) ?? keptImage(t, config, append);
  images.set(key, made);
  tool('cp', await made, output);
}

async function keptImage(t: ExecutionContext, text: string, append: readonly string[]): Promise<string> {
  const folder = keptFolder();
  const [output, config] = [join(folder, 'disk.img'), join(folder, 'node.yaml')];
  writeFileSync(config, text);
  await madeImage(t, { output, config, append });
  return output;
}
