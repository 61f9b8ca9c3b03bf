/** A file at a URL, by whichever way its scheme asks for. */
import type { Host } from '../host/ports.ts';
import { curlTransport } from './curl-transport.ts';
import { httpTransport } from './http-transport.ts';
import { openRemote, type Remote, type RemoteOptions } from './remote.ts';
import { shownUrl } from './shown-url.ts';
import type { Pin } from './transport.ts';

export type OpenOptions = Pick<RemoteOptions, 'say' | 'signal' | 'server' | 'tries'>;

/** True for what is fetched from another machine. */
export const isRemote = (place: string): boolean => /^(https?|ftps?|tftp):\/\//i.test(place);

/** Throws as `openRemote` does. With a `known` pin nothing is asked for yet. */
export function openUrl(host: Host, url: string, options: OpenOptions, known?: Pin): Promise<Remote> {
  const shown = shownUrl(url);
  return openRemote(
    (pin) =>
      /^http/i.test(url) ? httpTransport(host.http, url, shown, pin) : curlTransport(host, url, shown),
    { ...options, shown, clock: host.clock },
    known,
  );
}
