/** What a registry says it wants to know of us: WWW-Authenticate (RFC 9110, section 11.6.1; RFC 6750, section 3). Pure. */

export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service: string | undefined };

/** The first of the challenges that we can answer; Bearer before Basic. undefined when there is none. */
export function parseChallenge(header: string | string[] | undefined): Challenge | undefined {
  const text = [header ?? []].flat().join(', ');
  const [, bearer] =
    /(?:^|,)\s*bearer\s+((?:[a-z_]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",]+)\s*,?\s*)+)/i.exec(text) ?? [];
  if (bearer !== undefined) {
    const given = new Map(
      [...bearer.matchAll(/(?<![a-z_])([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/gi)].map(
        ([, name = '', quoted, plain]) => [
          name.toLowerCase(),
          quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '',
        ],
      ),
    );
    const realm = given.get('realm');
    if (realm !== undefined) return { scheme: 'bearer', realm, service: given.get('service') };
  }
  return /(?:^|,)\s*basic(?:\s|$)/i.test(text) ? { scheme: 'basic' } : undefined;
}
