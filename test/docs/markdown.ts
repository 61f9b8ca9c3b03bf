/** What the tests of the documentation read out of Markdown: links, headings, commands. */

export interface MarkdownFile {
  /** Relative to the root of the project. */
  readonly path: string;
  readonly text: string;
}

/** Targets of links and images, as written. Those inside code are none. */
export function linksOf(text: string): string[] {
  const prose = withoutCode(text);
  const inline = [...prose.matchAll(/\]\(([^()\s]+)(?:\s+"[^"]*")?\)/g)];
  const html = [...prose.matchAll(/<(?:img|a)\s[^>]*?(?:src|href)="([^"]+)"/g)];
  const references = [...prose.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)];
  return [...inline, ...html, ...references].map(([, target = '']) => target);
}

/** The anchors of a page: its headings as code hosts make ids of them. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(text).matchAll(/^#{1,6}\s+(.+?)\s*$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${times}`);
  }
  return anchors;
}

/** Everything that is shown as code: fenced lines (a trailing backslash joins two) and `inline`. */
export function codeOf(text: string): string[] {
  const fenced = [...text.matchAll(/^```[^\n]*\n([\s\S]*?)^```/gm)].flatMap(([, body = '']) =>
    body.replaceAll(/\\\n\s*/g, ' ').split('\n'),
  );
  const inline = [...withoutFences(text).matchAll(/`([^`]+)`/g)].map(([, code = '']) =>
    code.replaceAll(/\s+/g, ' '),
  );
  return [...fenced, ...inline];
}

/** The words of every call of opsctl in a piece of code, without what follows a pipe, a `;` or a redirection. */
export function opsctlCalls(code: string): string[][] {
  return [...code.matchAll(/(?:^|[\s(/])(?:opsctl|opsutl)((?:\s+[^\s|;&<>#()]+)*)/g)].map(([, words = '']) =>
    words.trim().split(/\s+/).filter(Boolean),
  );
}

const withoutFences = (text: string) => text.replace(/^```[\s\S]*?^```/gm, '');
const withoutCode = (text: string) => withoutFences(text).replace(/`[^`]*`/g, '');
