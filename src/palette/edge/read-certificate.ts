/** Reads certificates by Node.js. Apart, since loading it takes longer than checking all the rest of user-data. */
import { X509Certificate } from 'node:crypto';
import type { ReadCertificate } from './user-data-view.ts';

export const readCertificate: ReadCertificate = (bytes) => {
  try {
    return new X509Certificate(bytes).validTo;
  } catch {
    return undefined;
  }
};
