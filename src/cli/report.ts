/** What a person, or with --json a program, reads when a command fails: what, why, what to do. */
import { exitCodeOf, OpsError } from '../errors.ts';
import type { Event } from '../plan/events.ts';
import type { Terminal } from './command.ts';
import { listLines } from './terminal/list-lines.ts';
import { wrap } from './terminal/wrap.ts';

const widest = 80;

/** Endings that the person chose: told in a sentence, they are no errors. */
const chosen = ['left', 'declined'];

export type ResultEvent = Extract<Event, { type: 'result' }>;

/** The failure as the last event of `--json`. `time` in milliseconds since 1970. */
export function failureEvent(error: unknown, time: number): ResultEvent {
  const base = { v: 1, at: time, type: 'result', ok: false, exitCode: exitCodeOf(error) } as const;
  if (!(error instanceof OpsError)) return { ...base, code: 'bug', message: firstLine(error) };
  return {
    ...base,
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.details.length === 0 ? {} : { details: [...error.details] }),
  };
}

/** The failure in words. `verbose` adds the code, the causes and where it was thrown. */
export function failureText(
  error: unknown,
  terminal: Pick<Terminal, 'columns' | 'color' | 'stderrIsTty'>,
  options: { readonly verbose: boolean; readonly version: string },
): string {
  const paint = (text: string, code: number) => (terminal.color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const columns = Math.min(terminal.columns, widest);
  const labelled = (label: string, color: number, text: string) =>
    paint(label, color) + wrap(`${label} ${text}`, columns, '').slice(label.length);
  const [bold, red] = [1, 31];

  if (!(error instanceof OpsError)) {
    return [
      labelled('error:', red, `This is a bug in opsctl ${options.version}, not something you did wrong.`),
      indented(error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`),
      ...causes(error).map((cause) => indented(`caused by: ${stackOf(cause)}`)),
      labelled('hint:', bold, 'Report it with the lines above and the command you ran.'),
      '',
    ].join('\n');
  }
  return [
    chosen.includes(error.code) ? wrap(error.message, columns, '') : labelled('error:', red, error.message),
    ...error.details.map((line) => listLines(line, terminal, '  ')),
    ...(error.hint === undefined ? [] : [labelled('hint:', bold, error.hint)]),
    ...(options.verbose ? [`code: ${error.code} (exit ${exitCodeOf(error)})`, indented(stackOf(error))] : []),
    ...(options.verbose ? causes(error).map((cause) => indented(`caused by: ${stackOf(cause)}`)) : []),
    '',
  ].join('\n');
}

const indented = (text: string) => text.replace(/^/gm, '  ');
const stackOf = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));
const firstLine = (error: unknown) =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

function causes(error: unknown): unknown[] {
  const found: unknown[] = [];
  let next = error instanceof Error ? error.cause : undefined;
  while (next !== undefined && !found.includes(next)) {
    found.push(next);
    next = next instanceof Error ? next.cause : undefined;
  }
  return found;
}
