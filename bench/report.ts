/** The results as a table for the terminal and as a page for the documentation. */
import type { Figure, Measurement, Row } from './figure.ts';

export interface Result extends Measurement {
  readonly figure: Pick<Figure, 'name' | 'title' | 'method'>;
}

/** What was measured on, and when. */
export interface Circumstances {
  /** `2026-11-21` */
  readonly date: string;
  /** Lines about the machine: processors, accelerator. */
  readonly machine: readonly string[];
}

/** `reached`, `missed` or `not measured`. */
export function verdict({ met }: Row): string {
  if (met === undefined) return 'not measured';
  return met ? 'reached' : 'missed';
}

const heads = ['figure', 'asked', 'measured', 'verdict'];
const cells = (row: Row) => [row.figure, row.asked, row.measured, verdict(row)];

/** Columns padded with blanks, a rule under the heads. */
export function tableText(rows: readonly Row[]): string {
  const lines = [heads, ...rows.map(cells)];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const texts = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return `${texts.toSpliced(1, 0, rule).join('\n')}\n`;
}

/** The part of the page that a run writes: date, table, then method and raw numbers of each figure. */
export function markdown(results: readonly Result[], { date, machine }: Circumstances): string {
  const table = [
    `| ${heads.join(' | ')} |`,
    `|${' --- |'.repeat(heads.length)}`,
    ...results
      .flatMap(({ rows }) => rows)
      .map(
        (row) =>
          `| ${cells(row)
            .map((cell) => cell.replaceAll('|', '\\|'))
            .join(' | ')} |`,
      ),
  ];
  const sections = results.flatMap(({ figure, raw }) => [
    `## ${figure.title}`,
    '',
    ...figure.method.flatMap((paragraph) => [paragraph, '']),
    '```text',
    ...raw,
    '```',
    '',
  ]);
  return [`Measured on ${date}. ${machine.join('; ')}.`, '', ...table, '', ...sections.slice(0, -1), ''].join(
    '\n',
  );
}

/**
 * `old`, a whole run as `markdown` has written it, with what a later run on the same machine has measured in its
 * places: rows by their figure, sections by their title; new ones at the end. Each figure compares what was measured
 * in its own run, so the days may differ; the head then has the first and the last. Throws Error for another machine.
 */
export function updated(old: string, part: string): string {
  const [before, now] = [split(old), split(part)];
  const head = headOfBoth(before.head, now.head);
  const rows = replacedBy(before.rows, now.rows, (row) => row.split(' | ')[0]);
  const sections = replacedBy(before.sections, now.sections, (section) => section.split('\n')[0]);
  return [head, '', ...before.heads, ...rows, '', ...sections].join('\n');
}

function headOfBoth(old: string, later: string): string {
  if (old === later) return old;
  const form = /^Measured on ([\d-]+)(?: to ([\d-]+))?\. (.*)$/;
  const [, first, , machine] = form.exec(old) ?? [];
  const [, last, , itsMachine] = form.exec(later) ?? [];
  if (machine === undefined || machine !== itsMachine)
    throw new Error(`the page says "${old}": measure all of it again`);
  return first === last ? later : `Measured on ${first} to ${last}. ${machine}`;
}

function split(page: string) {
  const [top = '', ...rest] = page.trim().split(/^(?=## )/m);
  const [head = '', , ...table] = top.trim().split('\n');
  const sections = rest.map((section) => `${section.trim()}\n`);
  return { head, heads: table.slice(0, 2), rows: table.slice(2), sections };
}

function replacedBy(old: string[], found: string[], key: (row: string) => string | undefined): string[] {
  const named = new Map(found.map((row) => [key(row), row]));
  const kept = old.map((row) => named.get(key(row)) ?? row);
  return [...kept, ...found.filter((row) => !old.some((other) => key(other) === key(row)))];
}

export const markers = {
  begin: '<!-- figures: written by `make bench`, between here -->',
  end: '<!-- and here -->',
};

/** What is between the markers. Throws Error when the page has not both, in order. */
export function betweenMarkers(page: string): string {
  const [begin, end] = placesOf(page);
  return page.slice(begin, end);
}

/** `page` with what is between the markers replaced. Throws Error when it has not both, in order. */
export function replaceBetweenMarkers(page: string, content: string): string {
  const [begin, end] = placesOf(page);
  return `${page.slice(0, begin)}\n${content.trim()}\n${page.slice(end)}`;
}

function placesOf(page: string): [number, number] {
  const begin = page.indexOf(markers.begin);
  const end = page.indexOf(markers.end, begin);
  if (begin === -1 || end === -1) throw new Error(`the page has no ${markers.begin} … ${markers.end}`);
  return [begin + markers.begin.length, end];
}
