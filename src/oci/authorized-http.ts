/**
 * Requests to one registry with what it wants to know of us: nothing, a password (Basic), or a token that another server
 * gives for it (distribution's documentation, "Token Authentication Specification" and "OAuth2"). Secrets go to
 * the registry and to that server alone, and never unencrypted unless the registry itself is.
 */
import { z } from 'zod';
import { refused } from '../errors.ts';
import type { Clock, Http, HttpStream } from '../host/ports.ts';
import { PassingFault } from '../host/retry.ts';
import { registryRefusal, wholeBody } from './answers.ts';
import { type Challenge, parseChallenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';

export interface Access {
  /** `https://HOST`. */
  readonly base: string;
  /** For messages: the registry. */
  readonly registry: string;
  /** `repository:NAME:pull,push`; empty for no more than to be known. */
  readonly scope: string;
  /** Asked for when the registry wants to know, once. */
  credentials(): Promise<Credentials | undefined>;
}

const tokenAnswer = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().optional(),
});
const tokenLimit = 1024 * 1024;
/** What a token lasts when nothing is said; half of it, and of what is said, is used. */
const usualSeconds = 60;
const clientId = 'opsctl';

interface Authorization {
  readonly value: string;
  /** On the monotonic clock. */
  readonly until: number;
}

/**
 * The same requests with `authorization`. Throws what `Http.open` does, `registry-denied` and `registry-auth` (refused).
 * A body cannot be sent twice: when it was not let in with one, that is a passing fault, and the next attempt has a new
 * token.
 */
export function authorizedHttp(http: Http, clock: Clock, access: Access): Pick<Http, 'open'> {
  let current: Authorization | undefined;
  let asked: Promise<Credentials | undefined> | undefined;
  const credentials = () => {
    asked ??= access.credentials();
    return asked;
  };
  return {
    open: async (url, options = {}) => {
      const own = new URL(url).origin === new URL(access.base).origin;
      if (!own) return http.open(url, options);
      const send = () => {
        const { headers } = options;
        return http.open(url, {
          ...options,
          headers: { ...headers, ...(current === undefined ? {} : { authorization: current.value }) },
        });
      };
      if (current !== undefined && clock.monotonic() >= current.until) current = undefined;
      const used = current;
      const answer = await send();
      if (answer.status !== 401) return answer;
      const challenge = parseChallenge(answer.headers['www-authenticate']);
      const value = challenge && (await authorizationFor(http, access, challenge, credentials, options));
      if (value === undefined) return answer;
      if (options.body !== undefined && used?.value === value.text) return answer;
      answer.close();
      current = { value: value.text, until: clock.monotonic() + value.ms };
      if (options.body === undefined) return send();
      throw new PassingFault('registry-token', `${access.registry} wants a new token`);
    },
  };
}

interface Granted {
  readonly text: string;
  /** How long it is good. */
  readonly ms: number;
}

/** undefined when we have nothing to answer with. */
async function authorizationFor(
  http: Http,
  access: Access,
  challenge: Challenge,
  credentials: () => Promise<Credentials | undefined>,
  { signal }: { readonly signal?: AbortSignal },
): Promise<Granted | undefined> {
  const known = await credentials();
  if (challenge.scheme === 'basic') {
    if (known === undefined || 'identityToken' in known) return undefined;
    return { text: basic(known), ms: Number.POSITIVE_INFINITY };
  }
  const realm = realmOf(access, challenge.realm);
  const question =
    known !== undefined && 'identityToken' in known
      ? exchange(challenge, access, known.identityToken)
      : ask(realm, challenge, access, known);
  const answer = await http.open(question.url ?? realm.href, {
    ...(question.method === undefined ? {} : { method: question.method }),
    ...(question.body === undefined ? {} : { body: question.body }),
    headers: question.headers,
    ...(signal === undefined ? {} : { signal }),
  });
  return granted(access, answer);
}

const basic = ({ username, password }: { username: string; password: string }) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

function realmOf({ base, registry }: Access, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const encrypted = url?.protocol === 'https:';
  if (url !== undefined && (encrypted || (url.protocol === 'http:' && base.startsWith('http:')))) return url;
  throw refused(
    'registry-auth',
    `${registry} names a server of tokens that is not asked: "${text.slice(0, 200)}"`,
    {
      hint: 'It must be an https URL: passwords are not sent unencrypted.',
    },
  );
}

interface Question {
  readonly url?: string;
  readonly method?: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: { readonly size: number; readonly pieces: AsyncIterable<Uint8Array> };
}

function ask(
  realm: URL,
  { service }: Extract<Challenge, { scheme: 'bearer' }>,
  { scope }: Access,
  known: Extract<Credentials, { username: string }> | undefined,
): Question {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  if (scope !== '') url.searchParams.set('scope', scope);
  if (known !== undefined) url.searchParams.set('account', known.username);
  return { url: url.href, headers: known === undefined ? {} : { authorization: basic(known) } };
}

function exchange(
  { service }: Extract<Challenge, { scheme: 'bearer' }>,
  { scope }: Access,
  identityToken: string,
): Question {
  const form = new URLSearchParams({
    ...{ grant_type: 'refresh_token', refresh_token: identityToken, client_id: clientId, scope },
    ...(service === undefined ? {} : { service }),
  });
  const bytes = Buffer.from(form.toString());
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: {
      size: bytes.length,
      pieces: (async function* () {
        yield bytes;
      })(),
    },
  };
}

async function granted({ registry }: Access, answer: HttpStream): Promise<Granted> {
  if (answer.status !== 200) throw await registryRefusal(`${registry} (its server of tokens)`, answer);
  const odd = (why: string) =>
    refused('registry-auth', `The server of tokens of ${registry} sends ${why}`, {
      hint: 'Check the log of that server.',
    });
  const body = await wholeBody(answer, tokenLimit, () => odd('more than a token'));
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw odd('something that is not JSON');
  }
  const { success, data } = tokenAnswer.safeParse(value);
  const token = data?.token ?? data?.access_token;
  // It becomes part of a header.
  if (!success || token === undefined || !/^[\x21-\x7e]+$/.test(token)) throw odd('no usable token');
  return { text: `Bearer ${token}`, ms: ((data?.expires_in ?? usualSeconds) * 1000) / 2 };
}
