/** docs/coverage.md: the share of lines with code that the tests run, by folder. Pure. */

export interface FileCoverage {
  readonly file: string;
  readonly text: string;
  /** By line: 1 when it ran. Empty for a file that nothing loaded. */
  readonly ran: Uint8Array;
}

interface Counts {
  lines: number;
  ran: number;
}

export function coveragePage(files: readonly FileCoverage[]): string {
  const folders = new Map<string, Counts>();
  for (const { file, text, ran } of files) {
    const name = file.split('/').slice(0, -1).join('/');
    const counts = folders.get(name) ?? { lines: 0, ran: 0 };
    folders.set(name, counts);
    for (const line of codeLines(text)) {
      counts.lines += 1;
      counts.ran += ran[line] ?? 0;
    }
  }
  const rows = [...folders].toSorted(([a], [b]) => (a < b ? -1 : 1)).filter(([, { lines }]) => lines > 0);
  const all = rows.reduce((sum, [, { lines, ran }]) => ({ lines: sum.lines + lines, ran: sum.ran + ran }), {
    lines: 0,
    ran: 0,
  });
  return `# Coverage

Made by \`make soak\`; do not edit. The share of lines of code that \`npm test\` and \`npm run long\` run. A line that
runs is not a line that is tested: [mutations.md](mutations.md) says what the tests notice.

| folder | lines | run | |
|---|--:|--:|--:|
${rows.map(([name, counts]) => row(name, counts)).join('\n')}
${row('**all**', all)}
`;
}

const row = (name: string, { lines, ran }: Counts) =>
  `| ${name} | ${lines} | ${ran} | ${Math.floor((ran / lines) * 1000) / 10} % |`;

/** Numbers, from 0, of the lines that hold code: no comment, no lone bracket, nothing that is only about types. */
function codeLines(text: string): number[] {
  const withoutComments = text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '));
  const withoutTypes = withoutComments.replace(/^(export )?(interface|type) [\s\S]*?(^}|;$)/gm, (declared) =>
    declared.replace(/[^\n]/g, ' '),
  );
  return withoutTypes
    .split('\n')
    .map((line, index) => ({ line: line.replace(/\/\/.*$/, ''), index }))
    .filter(({ line }) => /\w/.test(line) && !/^\s*import /.test(line))
    .map(({ index }) => index);
}
