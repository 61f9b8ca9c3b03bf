/** A URL as it may be shown: without the user, password and query, which can carry tokens. */
export function shownUrl(url: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return url;
  if (!URL.canParse(url)) return url.replace(/\/\/[^@/]+@/, '//').replace(/[?#].*$/s, '');
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
