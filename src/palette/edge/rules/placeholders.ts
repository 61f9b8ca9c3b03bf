/** Values that examples of the documentation have, and that nobody has filled in. */
import type { Located } from '../../../kubernetes/schema/located.ts';
import type { Report, UserDataRule } from '../user-data-view.ts';

/** `<yourPassword>`, `***`, `$TOKEN` out of a shell's heredoc, and the token of the examples. */
export const isPlaceholder = (text: string): boolean =>
  /^<[A-Za-z][\w -]*>$/.test(text) ||
  /^\*{3,}$/.test(text) ||
  /^\$(?:\{[A-Z_]+\}|[A-Z_]+)$/.test(text) ||
  (/^[A-Za-z0-9]+$/.test(text) && text.includes('xxxxxxxx'));

export const placeholderRules: UserDataRule = (data, report) => {
  const stylus = data.at('stylus');
  if (stylus !== undefined) look(stylus, report);
};

function look(value: Located, report: Report): void {
  if (value.kind === 'list') for (const item of value.items) look(item, report);
  else if (value.kind === 'map') for (const { value: below } of value.entries.values()) look(below, report);
  else if (typeof value.value === 'string' && isPlaceholder(value.value))
    report('error', value.offset, 'is a placeholder of an example; write your own value in its place');
}
