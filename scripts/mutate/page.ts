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
  return `# Mutations

Made by \`npm run mutate -- --write\`; do not edit. A mutation is a single change of a source file; the tests have to
notice it. Critical ones take away durability, an order, an undo, a lock, secrecy, a mode or the reading back; others
are of the ordinary kind: comparisons, boundaries, conditions, numbers, texts, results, statements.

On commit ${commit}, tried were ${count('critical')} of ${all.critical} critical ones and ${count('other')} of ${all.other} others, drawn at random, against ${long ? '`npm test` and `npm run long`' : '`npm test` alone'}.

| class | tried | killed | survived | |
|---|--:|--:|--:|--:|
${rows(verdicts, ({ mutation }) => mutation.class)}

| class and folder | tried | killed | survived | |
|---|--:|--:|--:|--:|
${rows(verdicts, ({ mutation }) => `${mutation.class} ${mutation.file.split('/').slice(0, 2).join('/')}`)}

| class and change | tried | killed | survived | |
|---|--:|--:|--:|--:|
${rows(verdicts, ({ mutation }) => `${mutation.class} ${mutation.operator}`)}
${survivors(verdicts, 'critical', reasons, options)}${survivors(verdicts, 'other', reasons, options)}`;
}

function rows(verdicts: readonly Verdict[], nameOf: (verdict: Verdict) => string): string {
  const groups = Map.groupBy(verdicts, nameOf);
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, all]) => {
      const killed = all.filter((verdict) => verdict.killed).length;
      const share = `${Math.floor((killed / all.length) * 1000) / 10} %`;
      return `| ${name} | ${all.length} | ${killed} | ${all.length - killed} | ${share} |`;
    })
    .join('\n');
}

function survivors(
  verdicts: readonly Verdict[],
  kind: MutationClass,
  reasons: readonly Reason[],
  { text }: PageOptions,
): string {
  const left = verdicts.filter(({ killed, mutation }) => !killed && mutation.class === kind);
  if (left.length === 0) return '';
  const lines = left.map(({ mutation }) => {
    const change = changeOf(mutation, text(mutation.file));
    const reason = reasonFor(reasons, { file: mutation.file, source: mutation.source, change }) ?? '';
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
