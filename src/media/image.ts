/** An image as bytes, an ISO or another, wherever it lies: on this machine, or at a URL of which no copy is made. */
import { fileURLToPath } from 'node:url';
import { refused, usage } from '../errors.ts';
import { IoFault } from '../host/io-fault.ts';
import type { Host, OpenFile } from '../host/ports.ts';
import { cannotRead } from '../host/system-error.ts';
import { archivePlace, isOciPlace } from '../oci/reference.ts';
import type { Image, ImageRef } from './image-ref.ts';
import { openOciImage } from './oci/image.ts';
import { isRemote, type OpenOptions, openUrl } from './open-url.ts';
import { openRelease } from './release.ts';
import { shownUrl } from './shown-url.ts';
import type { Pin } from './transport.ts';

const piece = 256 * 1024;

/**
 * Opens the image at `place`: an http, https, ftp, ftps, tftp or file URL or a path. `name` is what a plan will call a URL.
 * Throws OpsError: `iso-url` (usage), `iso-unreadable` and what a server does wrong (refused).
 */
export function openImage(
  host: Host,
  place: string,
  name: string,
  options: OpenOptions = {},
): Promise<Image> {
  return isRemote(place) ? overNetwork(host, place, name, options) : fromFile(host, localPath(place));
}

/**
 * Opens the image that a plan was made with. `resolve` gives names their meaning. Throws OpsError (refused)
 * `medium-changed` when it is no longer that one.
 */
export async function reopenImage(
  host: Host,
  ref: ImageRef,
  resolve: (name: string) => string,
  options: OpenOptions = {},
): Promise<Image> {
  if (ref.from === 'url') {
    const place = resolve(ref.url);
    return overNetwork(host, archivePlace(place) ?? place, ref.url, options, ref.pin);
  }
  if (ref.from === 'oci') return openOciImage(host, ref, options);
  if (ref.from === 'release') return openRelease(host, ref, resolve(ref.url), options);
  const image = await fromFile(host, ref.path);
  if (image.size === ref.size) return image;
  await image.close();
  throw refused('medium-changed', `${ref.path} has ${image.size} bytes instead of ${ref.size} now`, {
    hint: 'Run the command again.',
  });
}

async function overNetwork(
  host: Host,
  url: string,
  name: string,
  options: OpenOptions,
  known?: Pin,
): Promise<Image> {
  const { pin, size, read, stream, several } = await openUrl(host, url, options, known);
  const shown = shownUrl(url);
  const ref: ImageRef = { from: 'url', url: name, shown, pin };
  return { ref, name: shown, size, ranges: pin.ranges, read, stream, several, close: async () => {} };
}

async function fromFile(host: Host, path: string): Promise<Image> {
  let file: OpenFile;
  let real: string;
  try {
    real = await host.files.realPath(path);
    file = await host.files.open(real, 'r');
  } catch (cause) {
    if (cause instanceof IoFault) throw cause.told('the medium');
    throw cannotRead(
      'iso-unreadable',
      path,
      cause,
      'Check the path; it must be on this machine, on a file system that is mounted.',
    );
  }
  const { size } = file;
  return {
    ref: { from: 'file', path: real, size },
    name: path,
    size,
    ranges: true,
    read: (offset, length) => file.read(offset, length),
    async *stream(offset, end = size, signal) {
      const memory = new Uint8Array(Math.max(0, Math.min(piece, end - offset)));
      for (let position = offset; position < end; ) {
        signal?.throwIfAborted();
        const wanted = memory.subarray(0, Math.min(piece, end - position));
        const bytes = wanted.subarray(0, await file.readInto(position, wanted));
        if (bytes.length === 0)
          throw refused('iso-truncated', `${path} ends after ${position} of ${end} bytes`, {
            hint: 'Copy it again.',
          });
        position += bytes.length;
        yield bytes;
      }
    },
    close: () => file.close(),
  };
}

/** The path of a file URL, or the path itself. Throws `iso-url` (usage). */
export function localPath(place: string): string {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(place)) return place;
  if (isOciPlace(place) || archivePlace(place) !== undefined)
    throw usage('iso-url', `${shownUrl(place)} is an OCI image; expected a file`, {
      hint: 'An OCI image holds a system to install or to upgrade to, and is nothing else.',
    });
  try {
    return fileURLToPath(place);
  } catch (cause) {
    throw usage('iso-url', `${shownUrl(place)} is neither an http, https, ftp, tftp or file URL nor a path`, {
      cause,
      hint: 'A file URL has three slashes, as in file:///mnt/bos.iso.',
    });
  }
}
