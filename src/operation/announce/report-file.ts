/**
 * `bos/system/report.json`: where a machine says how far it is, and what it proves with that it is that machine. The
 * server of its ISO puts it in (`src/serve/reports`), the installation takes it along, and the installed system removes it
 * when its last report was accepted.
 */
import { createHmac } from 'node:crypto';
import { refused } from '../../errors.ts';

/** Relative to the root of the medium, and of the file system that is installed to. */
export const reportFilePath = 'bos/system/report.json';

export interface ReportFile {
  /** Takes POST: http or https. */
  readonly url: string;
  readonly machine: string;
  /** 64 hexadecimal digits. */
  readonly secret: string;
  /** SHA-256 of the only certificate that is talked to, as openssl writes it; null for whom the usual authorities know. */
  readonly fingerprint: string | null;
}

export const renderReportFile = ({ url, machine, secret, fingerprint }: ReportFile): Buffer =>
  Buffer.from(`${JSON.stringify({ v: 1, url, machine, secret, fingerprint })}\n`);

/** Throws OpsError (refused) `report-file-invalid`, which quotes nothing of the file. */
export function parseReportFile(text: string): ReportFile {
  const { v, url, machine, secret, fingerprint } = fieldsOf(text);
  const isUrl = typeof url === 'string' && /^https?:\/\/[^\s]+$/i.test(url) && URL.canParse(url);
  if (
    v !== 1 ||
    !isUrl ||
    typeof machine !== 'string' ||
    typeof secret !== 'string' ||
    !/^[0-9a-f]{64}$/.test(secret) ||
    !(fingerprint === null || (typeof fingerprint === 'string' && isFingerprint(fingerprint)))
  )
    throw refused('report-file-invalid', `/${reportFilePath} does not say where to report`, {
      hint: 'Fetch the ISO again from the server that made it.',
    });
  if (fingerprint !== null && !/^https:/i.test(url))
    throw refused('report-file-invalid', `/${reportFilePath} names a certificate, but not HTTPS`);
  return { url, machine, secret, fingerprint };
}

const isFingerprint = (text: string): boolean => /^[0-9A-F]{2}(?::[0-9A-F]{2}){31}$/.test(text);

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Carries the signature of a report. */
export const signatureHeader = 'x-opsctl-signature';

/** Of the very bytes that are sent: HMAC (RFC 2104) with SHA-256, by the secret as it is written. */
export const signatureOf = (secret: string, bytes: Uint8Array): string =>
  `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`;
