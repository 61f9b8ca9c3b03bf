/** Certificates: PEM texts, or base64 of such. */
import type { Severity, UserDataRule, UserDataUse } from '../user-data-view.ts';

const path = ['stylus', 'site', 'caCerts'] as const;

export const certificateRules: UserDataRule = (data, report) => {
  for (const item of data.items(...path)) {
    const fault = certificateFault(data.text(...item), 'PEM or base64', data.use);
    if (fault !== undefined) report(fault.severity, item, fault.message);
  }
};

const [begin, end] = ['-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----'];

function blocksOf(pem: string): string[] {
  const blocks: string[] = [];
  let position = 0;
  for (;;) {
    const start = pem.indexOf(begin, position);
    const last = start < 0 ? -1 : pem.indexOf(end, start);
    if (last < 0) return blocks;
    position = last + end.length;
    blocks.push(pem.slice(start, position));
  }
}

/** What is wrong with a text that should hold certificates; undefined for what is no text at all. */
export function certificateFault(
  text: string | undefined,
  form: 'PEM' | 'PEM or base64',
  { now = Number.NEGATIVE_INFINITY, readCertificate }: UserDataUse,
): { readonly severity: Severity; readonly message: string } | undefined {
  if (text === undefined) return undefined;
  if (/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(text))
    return { severity: 'error', message: 'has a private key in it; it takes certificates alone' };
  const plain = text.trim();
  const decoded = form === 'PEM' || plain.includes('-----') ? undefined : Buffer.from(plain, 'base64');
  const pem = decoded === undefined ? text : decoded.toString('latin1');
  const blocks = blocksOf(pem);
  const certificates =
    blocks.length > 0 || decoded === undefined || decoded.length === 0 ? blocks : [decoded];
  if (certificates.length === 0)
    return {
      severity: 'error',
      message: 'is not a certificate: expected -----BEGIN CERTIFICATE-----, five hyphens each',
    };
  if (readCertificate === undefined) return undefined;
  for (const certificate of certificates) {
    const end = readCertificate(certificate);
    if (end === undefined)
      return { severity: 'error', message: 'is not a certificate: it cannot be decoded' };
    if (Date.parse(end) < now)
      return { severity: 'warning', message: `is a certificate that ended on ${end}` };
  }
  return undefined;
}
