/** A URL as it may be shown. */
import { archivePlace } from '../oci/reference.ts';

/** Without the user, password and query, which can carry tokens. */
export function shownUrl(url: string): string {
  const archive = archivePlace(url);
  if (archive !== undefined) return `oci-archive:${shownUrl(archive)}`;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return url;
  if (!URL.canParse(url)) return url.replace(/\/\/[^@/]+@/, '//').replace(/[?#].*$/s, '');
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
