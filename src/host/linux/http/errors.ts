/** What a person reads when a URL cannot be fetched. */
import { refused } from '../../../errors.ts';
import { PassingFault } from '../../retry.ts';

export const maxRedirects = 5;

/** A URL as it may be shown: no user, password or query, which can carry tokens. */
export function withoutSecrets(url: string): string {
  try {
    const { origin, pathname } = new URL(url);
    return origin === 'null' ? url : origin + pathname;
  } catch {
    return url;
  }
}

const silence = (url: string, timeoutMs: number, cause: unknown) =>
  [
    'url-timeout',
    `${url} did not answer within ${timeoutMs / 1000} s`,
    { cause, hint: 'Check the network of this machine and that the server runs.' },
  ] as const;

/** Nothing came for a while in which something was waited for. */
export const silent = (url: string, timeoutMs: number, cause?: unknown) =>
  new PassingFault(...silence(url, timeoutMs, cause));

/** The time for the whole request is over: waiting for it once is long enough. */
export const late = (url: string, timeoutMs: number, cause?: unknown) =>
  refused(...silence(url, timeoutMs, cause));

export const redirects = (url: string, cause: unknown) =>
  refused('url-redirects', `${url} redirects more than ${maxRedirects} times`, {
    cause,
    hint: 'The redirects may form a loop: fix the server, or use the final URL.',
  });

export const insecureRedirect = (url: string) =>
  refused('url-redirects', `${url} redirects to an unencrypted address (http)`, {
    hint: 'Use the http URL itself if that is what you want.',
  });

export const larger = (url: string, limit: number) =>
  refused('url-too-large', `${url} is larger than the limit of ${limit} bytes`, {
    hint: 'Check that it is the URL you mean; what is there must be smaller.',
  });
