/** What a request is for, by its target. Pure. */
import { isMachineName } from '../machines/schema.ts';

export type Route =
  | { readonly kind: 'index' | 'machines' | 'metrics' | 'events' }
  | {
      readonly kind: 'iso' | 'digest' | 'image' | 'image-digest';
      readonly name: string;
      readonly token: string | undefined;
    }
  | { readonly kind: 'report'; readonly machine: string }
  | {
      readonly kind: 'pxe';
      readonly by: 'name' | 'mac' | 'serial';
      readonly name: string;
      readonly file: string;
      readonly token: string | undefined;
    };

/** Undefined for what there is not. */
export function routeOf(target: string): Route | undefined {
  const path = pathOf(target);
  if (path === undefined) return undefined;
  if (path === '/' || path === '/iso/') return { kind: 'index' };
  if (path === '/machines.json') return { kind: 'machines' };
  if (path === '/metrics') return { kind: 'metrics' };
  if (path === '/events') return { kind: 'events' };
  const [, reporting = ''] = /^\/report\/([^/]+)$/.exec(path) ?? [];
  if (isMachineName(reporting)) return { kind: 'report', machine: reporting };
  const [, token, rest = ''] = /^(?:\/t\/([^/]+))?(\/(?:iso|image|pxe)\/.*)$/s.exec(path) ?? [];
  const [, by = 'name', wanted, part] = /^\/pxe\/(?:(mac|serial)\/)?([^/]+)\/([^/]+)$/.exec(rest) ?? [];
  if (wanted !== undefined && part !== undefined)
    return { kind: 'pxe', by: by as 'name' | 'mac' | 'serial', name: wanted, file: part, token };
  const [, name = '', digest] = /^\/iso\/([^/]+)\.iso(\.sha256)?$/.exec(rest) ?? [];
  if (isMachineName(name)) return { kind: digest === undefined ? 'iso' : 'digest', name, token };
  const [, image = '', imageDigest] = /^\/image\/([^/]+)\.img(\.sha256)?$/.exec(rest) ?? [];
  if (!isMachineName(image)) return undefined;
  return { kind: imageDigest === undefined ? 'image' : 'image-digest', name: image, token };
}

/**
 * The path without its escapes; undefined for one that is not well formed, and for a slash that is escaped: it is none that
 * parts a path (RFC 3986, section 2.2). Both forms of RFC 9112, section 3.2.
 */
function pathOf(target: string): string | undefined {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  if (/%2f/i.test(path)) return undefined;
  try {
    return decodeURIComponent(path === '' ? '/' : path);
  } catch {
    return undefined;
  }
}

/** A slash, or what somebody may have meant for one; with the dots of a path that leads nowhere. */
const slash = String.raw`(?:\/|%2f|\\|%5c)(?:\.|%2e)*`;
const tokenStart = new RegExp(`^((?:${slash})*${slash}(?:t|%74|%54)(?:${slash})+)(?:(?!${slash}).)*`, 'is');

/** The target as it may be logged: without tokens, queries, and whatever else makes a line long. */
export const shownTarget = (target: string): string =>
  target
    .replace(/^https?:\/\/[^/?#]*/i, '')
    .replace(/[?#].*$/s, '')
    .replace(tokenStart, '$1…')
    .slice(0, 200);
