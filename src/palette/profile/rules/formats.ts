/** Values of variables: what each format takes (documentation of cluster profile variables). Pure. */
import { runInNewContext } from 'node:vm';
import semver from 'semver';
import { isIpv4, isIpv6 } from '../../../config/checks/addresses.ts';
import { variableFormats } from '../model.ts';

export type VariableFormat = (typeof variableFormats)[number];

export function isCidr(text: string): boolean {
  const [address = '', bits = '', more] = text.split('/');
  return more === undefined && isIpv4(address) && /^(?:\d|[12]\d|3[0-2])$/.test(bits);
}

interface FormatRow {
  readonly takes: (text: string) => boolean;
  readonly expected: string;
}

const formats: Readonly<Record<VariableFormat, FormatRow>> = {
  string: { takes: () => true, expected: 'text' },
  number: {
    takes: (text) => /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/.test(text),
    expected: 'a number',
  },
  boolean: { takes: (text) => text === 'true' || text === 'false', expected: 'true or false' },
  ipv4: { takes: isIpv4, expected: 'an IPv4 address' },
  ipv4cidr: { takes: isCidr, expected: 'a range of IPv4 addresses, such as 10.0.0.0/16' },
  ipv6: { takes: (text) => !text.includes('%') && isIpv6(text), expected: 'an IPv6 address' },
  version: { takes: (text) => semver.valid(text) !== null, expected: 'a semantic version, such as 1.2.3' },
};

export const isFormat = (format: string): format is VariableFormat =>
  variableFormats.some((known) => known === format);

/** What a value of a format must be; undefined when it is that. */
export function formatFault(format: VariableFormat, text: string): string | undefined {
  const { takes, expected } = formats[format];
  return takes(text) ? undefined : `expected ${expected}`;
}

/** A pattern can take longer than anybody waits. */
const milliseconds = 100;

/** Whether a text matches a regular expression of Go; undefined for one that means nothing, or takes too long. */
export function matches(pattern: string, text: string): boolean | undefined {
  // Go has flags in front and names of groups of its own (https://pkg.go.dev/regexp/syntax).
  const [, flags = '', rest = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(pattern) ?? [];
  const source = rest
    .replaceAll('(?P<', '(?<')
    .replaceAll(String.raw`\A`, '^')
    .replaceAll(String.raw`\z`, '$');
  try {
    const world = { source, flags, text };
    return runInNewContext('new RegExp(source, flags).test(text)', world, {
      timeout: milliseconds,
    }) as boolean;
  } catch {
    return undefined;
  }
}
