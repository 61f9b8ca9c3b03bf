/**
 * The text of an authorized_keys file in which Bhojpur OS keeps a block of its own: what the configuration says
 * stands there and goes when it no longer says so; every other line belongs to the user and stays. Pure.
 */
import { publicKeyFault } from '../../../config/checks/public-keys.ts';
import { publicKeyLine } from '../../../config/keys/checks.ts';

const begin = '# --- keys from the configuration of Bhojpur OS: made anew at every boot ---';
const end = '# --- end of the keys from the configuration ---';
const sectionMark = '# from ';

/** Keys from one place: the configuration itself (source empty), or a user of github, or a URL. */
export interface KeySection {
  readonly source: string;
  readonly keys: readonly string[];
}

export interface KeyFile {
  /** Lines outside the block, in order. */
  readonly own: readonly string[];
  readonly sections: readonly KeySection[];
}

export function parseKeyFile(text: string): KeyFile {
  const own: string[] = [];
  const sections: { source: string; keys: string[] }[] = [];
  let inside = false;
  for (const line of text.split('\n')) {
    if (line === begin) {
      inside = true;
      sections.push({ source: '', keys: [] });
    } else if (line === end) {
      inside = false;
    } else if (!inside) {
      own.push(line);
    } else if (line.startsWith(sectionMark)) {
      sections.push({ source: line.slice(sectionMark.length), keys: [] });
    } else if (line !== '') {
      sections.at(-1)?.keys.push(line);
    }
  }
  return { own: trimEnd(own), sections };
}

/** No key stands twice, whatever its comment or options: the user's own line wins, then the earlier section. */
export function renderKeyFile({ own, sections }: KeyFile): string {
  const seen = new Set(own.map(keyBody).filter((body) => body !== undefined));
  const block = sections.flatMap(({ source, keys }) => {
    const fresh = keys.filter((key) => {
      const body = keyBody(key);
      if (body === undefined || seen.has(body)) return false;
      seen.add(body);
      return true;
    });
    return source === '' || fresh.length === 0 ? fresh : [`${sectionMark}${source}`, ...fresh];
  });
  const lines = block.length === 0 ? own : [...own, begin, ...block, end];
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** Type and key of a line, undefined for a line that is none. */
function keyBody(line: string): string | undefined {
  if (!publicKeyLine.test(line.trim())) return undefined;
  return /(?:^|\s)((?:ssh|ecdsa|sk)-\S+\s+[A-Za-z0-9+/]{16,}={0,3})(?:\s|$)/
    .exec(line)?.[1]
    ?.replace(/\s+/, ' ');
}

/** The keys in what a server sent; anything else in it is left out. */
export const keysIn = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => publicKeyLine.test(line) && publicKeyFault(line) === undefined);

function trimEnd(lines: string[]): string[] {
  const last = lines.findLastIndex((line) => line !== '');
  return lines.slice(0, last + 1);
}
