/** Why a server is not reached, in words, and what a person can do about it. */
import { errorCode, type OpsError, refused } from '../../../errors.ts';

interface Reason {
  readonly codes: readonly string[];
  readonly why: string;
  readonly hint: string;
}

/** errno(3), getaddrinfo(3) and what OpenSSL says of certificates, in the names that Node.js gives them. HOST is where it was to be connected to. */
const reasons: readonly Reason[] = [
  {
    codes: ['ENOTFOUND', 'ENODATA', 'ENONAME', 'EAI_NONAME', 'EAI_NODATA'],
    why: 'the name HOST is not known',
    hint: 'Check its spelling, and that a name server which knows it is set: /etc/resolv.conf.',
  },
  {
    codes: ['EAI_AGAIN', 'EAI_FAIL', 'ESERVFAIL'],
    why: 'no name server says where HOST is',
    hint: 'Check the network of this machine and its name servers: /etc/resolv.conf.',
  },
  {
    codes: ['ECONNREFUSED'],
    why: 'HOST refuses the connection',
    hint: 'Check the port in the URL, and that the server runs.',
  },
  {
    codes: ['ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL'],
    why: 'no way leads to HOST',
    hint: 'Check the network of this machine: `ip -br address`, `ip route`.',
  },
  {
    codes: ['EHOSTUNREACH', 'EHOSTDOWN', 'ETIMEDOUT'],
    why: 'HOST does not answer',
    hint: 'Check that the server runs, and that no firewall stands between.',
  },
  {
    codes: [
      'ECONNRESET',
      'ECONNABORTED',
      'EPIPE',
      'ERR_STREAM_PREMATURE_CLOSE',
      'ERR_READING_RESPONSE_STREAM',
    ],
    why: 'HOST ended the connection',
    hint: 'Try again; if it stays so, check the log of that server, and the proxy if there is one.',
  },
  {
    codes: ['EACCES', 'EPERM'],
    why: 'this machine forbids the connection to HOST',
    hint: 'Check the firewall of this machine.',
  },
  {
    codes: [
      ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT'],
      ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ],
    why: 'this machine does not trust who signed the certificate of HOST',
    hint: 'If that is an authority of your own, name its certificate: `--ca-file FILE`.',
  },
  {
    codes: ['ERR_TLS_CERT_ALTNAME_INVALID'],
    why: 'the certificate of HOST is for another name',
    hint: 'Use a name that the certificate was made for.',
  },
  {
    codes: ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'],
    why: 'HOST does not encrypt the connection',
    hint: 'Check the port in the URL. A server without encryption has to be named as one: http, or `--plain-http` for a registry.',
  },
];
/** Which a machine without any network meets. */
const withoutNetwork = new Set([
  ...['ENOTFOUND', 'ENODATA', 'EAI_AGAIN', 'ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH', 'EADDRNOTAVAIL'],
]);

/** `addresses` are those of this machine now. */
export function unreachable(
  url: string,
  why: string,
  cause?: unknown,
  addresses?: readonly string[],
): OpsError {
  const code = errorCode(cause) ?? '';
  const found = reasons.find(({ codes }) => codes.includes(code));
  const alone = addresses?.length === 0 && withoutNetwork.has(code) && !isHere(url);
  const text = alone
    ? `this machine has no network (${code})`
    : found === undefined
      ? why
      : `${found.why.replace('HOST', peerOf(cause) ?? hostOf(url))} (${code})`;
  const hint = alone
    ? 'Connect it and check `ip -br address`; a wireless network is set up with bos.wifi or connmanctl.'
    : (found?.hint ?? 'Check the URL and the network of this machine.');
  return refused('url-unreachable', `${url} cannot be fetched: ${text}`, { cause, hint });
}

/** Who was asked, in the words of the innermost error: behind a proxy that is not the host of the URL. */
function peerOf(error: unknown): string | undefined {
  let peer: string | undefined;
  for (let next = error, depth = 0; next instanceof Error && depth < 5; next = next.cause, depth += 1) {
    const { hostname, address, port } = next as { hostname?: unknown; address?: unknown; port?: unknown };
    if (typeof hostname === 'string' && hostname !== '') peer = hostname;
    else if (typeof address === 'string') peer = typeof port === 'number' ? joined(address, port) : address;
  }
  return peer;
}
const joined = (address: string, port: number) =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

function hostOf(url: string): string {
  try {
    return new URL(url).host || url;
  } catch {
    return url;
  }
}
const isHere = (url: string): boolean => /^\w+:\/\/(localhost|127\.|\[::1\])/i.test(url);
