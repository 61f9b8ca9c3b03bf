/** docs/mutations.md: how many mutations the tests notice, and the list of those that they do not. Pure. */
import { type Mutation, type MutationClass, shown } from './mutation.ts';
import { type Reason, reasonFor } from './reasons.ts';
import type { Verdict } from './try.ts';

export interface PageOptions {
  readonly long: boolean;
  /** Of the tree that was tried: lines are those that it has there. */
  readonly commit: string;
  /** How many there are of each class. */
  readonly all: Readonly<Record<string, number>>;
  /** The text of a file. */
  text(file: string): string;
}

export function mutationsPage(
  verdicts: readonly Verdict[],
  reasons: readonly Reason[],
  options: PageOptions,
): string {
  const { long, all, commit } = options;
  const count = (kind: MutationClass) => verdicts.filter(({ mutation }) => mutation.class === kind).length;
  const harmless = (verdict: Verdict) => reasonOf(verdict, reasons, options) !== undefined;
  const table = (name: string, nameOf: (verdict: Verdict) => string) =>
    `| ${name} | tried | killed | survived | of them no fault | killed of the faults | killed of all |
|---|--:|--:|--:|--:|--:|--:|
${rows(verdicts, nameOf, harmless)}`;
  return `# Mutations

Made by \`npm run mutate -- --write\`; do not edit. A mutation is a single change of a source file; the tests have to
notice it. Critical ones take away durability, an order, an undo, a lock, secrecy, a mode or the reading back; others
are of the ordinary kind: comparisons, boundaries, conditions, numbers, texts, results, statements.

On commit ${commit}, tried were ${count('critical')} of ${all.critical} critical ones and ${count('other')} of ${all.other} others, drawn at random, against ${long ? '`npm test` and `npm run long`' : '`npm test` alone'}.

A survivor that has a reason in the lists below is no fault: nothing that anybody is promised changes with it, such as
the order of two files that do not depend on each other.

${table('class', ({ mutation }) => mutation.class)}

${table('class and folder', ({ mutation }) => `${mutation.class} ${mutation.file.split('/').slice(0, 2).join('/')}`)}

${table('class and change', ({ mutation }) => `${mutation.class} ${mutation.operator}`)}
${survivors(verdicts, 'critical', reasons, options)}${survivors(verdicts, 'other', reasons, options)}`;
}

function rows(
  verdicts: readonly Verdict[],
  nameOf: (verdict: Verdict) => string,
  harmless: (verdict: Verdict) => boolean,
): string {
  const groups = Map.groupBy(verdicts, nameOf);
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, all]) => {
      const left = all.filter(({ killed }) => !killed);
      const killed = all.length - left.length;
      const passed = left.filter(harmless).length;
      const shares = [share(killed, all.length - passed), share(killed, all.length)];
      return `| ${name} | ${all.length} | ${killed} | ${left.length} | ${passed} | ${shares.join(' | ')} |`;
    })
    .join('\n');
}

const share = (part: number, all: number) => (all === 0 ? '-' : `${Math.floor((part / all) * 1000) / 10} %`);

function reasonOf(
  { mutation }: Verdict,
  reasons: readonly Reason[],
  { text }: PageOptions,
): string | undefined {
  const { file, source } = mutation;
  return reasonFor(reasons, { file, source, change: changeOf(mutation, text(file)) });
}

function survivors(
  verdicts: readonly Verdict[],
  kind: MutationClass,
  reasons: readonly Reason[],
  options: PageOptions,
): string {
  const left = verdicts.filter(({ killed, mutation }) => !killed && mutation.class === kind);
  if (left.length === 0) return '';
  const lines = left.map((verdict) => {
    const { mutation } = verdict;
    const change = changeOf(mutation, options.text(mutation.file));
    const reason = reasonOf(verdict, reasons, options) ?? '';
    return `| ${mutation.file}:${mutation.line} | ${cell(change)} | ${reason} |`;
  });
  return `
## Survivors: ${kind}

| where | change | why it may |
|---|---|---|
${lines.join('\n')}
`;
}

/** `sync dropped: await file.sync(); → nothing` */
export const changeOf = (mutation: Mutation, text: string): string =>
  `${mutation.operator}: ${shown(text, mutation)}`;

const cell = (change: string) => `\`${change.replaceAll('`', "'").replaceAll('|', '\\|')}\``;
