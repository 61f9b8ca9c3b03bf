/** What RFC 9112 has a server refuse, and Node.js lets through. Pure. */

export interface RequestHead {
  readonly httpVersionMajor: number;
  /** Names and values in turns, as they came. */
  readonly rawHeaders: readonly string[];
}

export interface Refusal {
  readonly status: number;
  readonly why: string;
}

/** `uri-host [ ":" port ]` (RFC 9110, section 7.2; RFC 3986, section 3.2.2); empty where a target has none. */
const hostPattern = /^(?:\[[0-9a-z:.%~_-]+\]|(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})*)(?::\d*)?$/i;

/** Undefined for a request that can be answered. */
export function refusalOf({ httpVersionMajor, rawHeaders }: RequestHead): Refusal | undefined {
  // RFC 9112, section 3: a request line without a version is none.
  if (httpVersionMajor < 1) return { status: 400, why: 'Expected a request of HTTP/1.1.' };
  if (httpVersionMajor > 1) return { status: 505, why: 'HTTP/1.1 and HTTP/1.0 are spoken here.' };
  // Section 3.2: of a message with two of them two programs may take each another one.
  const hosts = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host',
  );
  if (hosts.length > 1) return { status: 400, why: 'Expected one Host header.' };
  const isHost = hosts.every((value) => hostPattern.test(value.trim()));
  return isHost ? undefined : { status: 400, why: 'Expected a host name or an address in the Host header.' };
}
