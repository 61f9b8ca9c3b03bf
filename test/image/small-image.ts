/** Images of a small ISO, as large as the smallest disk, with as much in them as an image is made with. */
import type { ExecutionContext } from 'ava';
import { workstationHost } from '../../src/host/workstation/index.ts';
import { type CreatedImage, createImage, type ImageRequest } from '../../src/image/create/create.ts';
import { smallIso } from './create/small-iso.ts';

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
