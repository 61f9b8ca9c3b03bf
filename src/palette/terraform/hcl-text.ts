/**
 * Texts in the configuration language of Terraform (HCL native syntax specification, "Template Expressions"): in quotes,
 * or as heredocs. What they hold is neither an interpolation nor a directive, whatever it looks like. Pure.
 */

const escapes: Readonly<Record<string, string>> = {
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
  '"': String.raw`\"`,
  '\\': String.raw`\\`,
};

/** Letters, marks, numbers and signs; of blanks the plain one alone, since others cannot be told from it. */
const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** `${` and `%{` are doubled, wherever they stand. */
const withoutTemplates = (text: string): string => text.replaceAll(/[$%](?=\{)/g, '$&$&');

export const quoted = (text: string): string =>
  `"${withoutTemplates(text.replaceAll(/[\n\r\t"\\]/g, (sign) => escapes[sign] ?? sign)).replaceAll(
    unprintable,
    codePoint,
  )}"`;

function codePoint(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  const digits = code.toString(16).toUpperCase();
  return code > 0xffff ? `\\U${digits.padStart(8, '0')}` : `\\u${digits.padStart(4, '0')}`;
}

/** Whether a text can stand as lines: it ends with one, and nothing in it would be changed or not be seen. */
export const isHeredoc = (text: string): boolean =>
  text.endsWith('\n') && !/[^\p{L}\p{M}\p{N}\p{P}\p{S} \n\t]/u.test(text);

/**
 * The lines of a heredoc, the opening `<<EOT` first, without the line end behind its end. `indent` is that of the attribute.
 * It is moved in with the code around it where that can be taken back: some line begins at the left, none is only blanks.
 */
export function heredoc(text: string, indent: string): readonly string[] {
  const lines = text.slice(0, -1).split('\n');
  let marker = 'EOT';
  for (let count = 2; text.includes(marker); count += 1) marker = `EOT${count}`;
  const moves = lines.some((line) => /^\S/.test(line)) && !lines.some((line) => /^\s+$/.test(line));
  const inner = `${indent}  `;
  return [
    moves ? `<<-${marker}` : `<<${marker}`,
    ...lines.map((line) => (moves && line !== '' ? inner : '') + withoutTemplates(line)),
    moves ? `${indent}${marker}` : marker,
  ];
}
