/**
 * The apt sources of the machine that builds, without those of security updates (sources.list(5)): a build that goes without
 * them must not fail because their archive does, and must not take from it.
 */
import type { Host } from '../../host/ports.ts';

/** `bookworm-security`, `stable-security`, and `buster/updates` of old. */
const isSecurity = (suite: string): boolean => /(?:-security|\/updates)$/.test(suite);

/** Text of a file of one-line entries (`deb [options] URI suite component…`). */
export const oneLineWithoutSecurity = (text: string): string =>
  text
    .split('\n')
    .filter((line) => {
      const words = line
        .replace(/\[[^\]]*\]/, '')
        .split(/\s+/)
        .filter(Boolean);
      return !(/^deb(?:-src)?$/.test(words[0] ?? '') && isSecurity(words[2] ?? ''));
    })
    .join('\n');

/** Text of a file of stanzas, whose field Suites has several of them, perhaps over several lines. */
export const stanzasWithoutSecurity = (text: string): string =>
  text
    .split(/\n(?:[ \t]*\n)+/)
    .flatMap((stanza) => {
      const [field, head = '', values = ''] = /^(Suites:)((?:.*)(?:\n[ \t].*)*)/im.exec(stanza) ?? [];
      if (field === undefined) return [stanza];
      const suites = values.split(/\s+/).filter((suite) => suite !== '' && !isSecurity(suite));
      return suites.length === 0 ? [] : [stanza.replace(field, `${head} ${suites.join(' ')}`)];
    })
    .join('\n\n');

/** Copies the sources of `from` (/etc/apt) to `to`, filtered. */
export async function copyWithoutSecurity({ files }: Host, from: string, to: string): Promise<void> {
  const list = `${from}/sources.list`;
  const text = (await files.exists(list)) ? await files.readText(list) : '';
  await files.write(`${to}/sources.list`, oneLineWithoutSecurity(text));
  const parts = (await files.exists(`${from}/sources.list.d`))
    ? await files.list(`${from}/sources.list.d`)
    : [];
  for (const name of parts.filter((name) => /\.(?:list|sources)$/.test(name))) {
    const filtered = name.endsWith('.list') ? oneLineWithoutSecurity : stanzasWithoutSecurity;
    const found = await files.readText(`${from}/sources.list.d/${name}`);
    await files.write(`${to}/sources.d/${name}`, filtered(found));
  }
}
