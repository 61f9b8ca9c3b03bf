/** What a person reads when an API server says no, or nothing. */
import { OpsError, refused } from '../../errors.ts';
import type { HttpStream } from '../../host/ports.ts';
import { busyStatuses, PassingFault, retryAfterMs } from '../../host/retry.ts';
import type { StatusObject } from './objects.ts';

/** What was asked for, in the words of an error: `list nodes`, and of whom. */
export interface Asked {
  readonly what: string;
  readonly server: string;
  /** Where the credentials are from. */
  readonly from: string;
}

const permanent: Readonly<
  Record<number, { readonly code: string; readonly why: string; readonly hint: string }>
> = {
  401: {
    code: 'api-unauthorized',
    why: 'the API server does not accept these credentials',
    hint: 'They may have expired, or belong to another cluster.',
  },
  403: {
    code: 'api-forbidden',
    why: 'the API server does not allow it',
    hint: 'The account lacks this right. `opsctl plan` prints the rights that its jobs need.',
  },
  404: {
    code: 'api-not-found',
    why: 'there is no such object',
    hint: 'Check its name and namespace, and that this is the right cluster.',
  },
  409: {
    code: 'api-conflict',
    why: 'the object exists already, or has changed since',
    hint: 'Run the command again.',
  },
  410: {
    code: 'api-expired',
    why: 'the API server no longer has what was read from it',
    hint: 'Run the command again.',
  },
};

/**
 * The error for an answer that is no success: OpsError (refused) `api-unauthorized`, `api-forbidden`, `api-not-found`,
 * `api-conflict`, `api-expired`, `api-refused`; a PassingFault `api-busy` for what may be better in a moment, which waits
 * as long as the server asks.
 */
export function statusFault(
  asked: Asked,
  status: number,
  headers: HttpStream['headers'],
  body: StatusObject | undefined,
): OpsError {
  const { what, server, from } = asked;
  const said = body?.message === undefined ? [] : [`the API server says: ${body.message}`];
  const details = [...said, `server: ${server}`, `credentials: ${from}`];
  if (busyStatuses.has(status)) {
    const seconds = body?.details?.retryAfterSeconds ?? 0;
    return new PassingFault(
      'api-busy',
      `Cannot ${what}: the API server is busy or fails (HTTP status ${status})`,
      {
        details,
        askedMs: Math.max(retryAfterMs(headers), seconds * 1000),
        hint: 'Check the load and the log of the API server.',
      },
    );
  }
  const known = permanent[status];
  return refused(
    known?.code ?? 'api-refused',
    `Cannot ${what}: ${known?.why ?? `the API server refuses it (HTTP status ${status})`}`,
    { details, hint: known?.hint ?? 'Check what the API server says.' },
  );
}

/** The same fault of the network in the words of a cluster, passing where it was; anything else as it is. */
export function networkFault(error: unknown, { what, server, from }: Asked): unknown {
  if (!(error instanceof OpsError) || error.code.startsWith('api-')) return error;
  const details = [...error.details, `credentials: ${from}`];
  const hint = `Check that the API server runs and is reached from here: ${server}.`;
  const options = { cause: error.cause, details, hint };
  if (error.code === 'url-timeout')
    return new PassingFault(
      'api-timeout',
      `Cannot ${what}: the API server is too slow: ${error.message}`,
      options,
    );
  if (error instanceof PassingFault)
    return new PassingFault(error.code, `Cannot ${what}: ${error.message}`, {
      ...options,
      askedMs: error.askedMs,
    });
  // `url-unreachable` keeps its code and cause, by which the one policy knows what may be tried again.
  return new OpsError(
    error.kind,
    error.code,
    `Cannot ${what}: the API server is not reached: ${error.message}`,
    options,
  );
}
