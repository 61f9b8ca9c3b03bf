/** Parts of a text that are secret wherever it stands: of web addresses, and of the arguments of DCP. Pure. */

export const hiddenSecret = '(hidden)';

/** `https://user:password@host` and what follows the question mark, where tokens are. */
const userInfo = /(?<=[a-z0-9+.-]:\/\/)[^/\s"@]+@/gi;
/** All of a URL, so that none is looked at twice: one word may be as long as a file. */
const webAddress = /https?:\/\/[^\s"]+/gi;

export const hideInAddresses = (text: string): string =>
  text.replace(userInfo, `${hiddenSecret}@`).replace(webAddress, withoutQuery);

/** What follows the question mark; in JSON and GRUB's files a backslash ends it, and another URL may come behind. */
function withoutQuery(address: string): string {
  let isOpen = false;
  const parts = address.split('\\').map((part) => {
    const begin = isOpen ? 0 : part.search(/https?:\/\//i);
    if (begin < 0) return part;
    const mark = part.indexOf('?', begin);
    isOpen = mark < 0;
    return isOpen || mark + 1 === part.length ? part : `${part.slice(0, mark + 1)}${hiddenSecret}`;
  });
  return parts.join('\\');
}

const tokenOption = /^(--(?:agent-)?token|-t)(?:$|=)/;

/** An argument vector without the values of the options that take a token. */
export const hideTokens = (words: readonly string[]): readonly string[] =>
  words.map((word, index) => {
    const [, option] = tokenOption.exec(word) ?? [];
    if (option !== undefined && word !== option) return `${option}=${hiddenSecret}`;
    const before = words[index - 1] ?? '';
    return option === undefined && tokenOption.test(before) && !before.includes('=') ? hiddenSecret : word;
  });
