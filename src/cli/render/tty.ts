/**
 * Events as a live list on a terminal, drawn by listr2. Each task of the list only waits for the `step-end` of
 * its step: listr2 runs nothing and decides nothing.
 */
import { Writable } from 'node:stream';
import type { Listr, ListrTask } from 'listr2';
import type { Event } from '../../plan/events.ts';
import type { Terminal } from '../command.ts';
import { wrap } from '../terminal/wrap.ts';
import { plainRenderer } from './plain.ts';
import { formatDuration, Pace, progressText } from './progress.ts';
import type { Renderer } from './renderer.ts';

type Library = typeof import('listr2');
type ResultEvent = Extract<Event, { type: 'result' }>;
type Outcome = 'done' | 'failed' | 'never-run';

/** Where a task of the list writes to: listr2's task wrapper. */
interface Line {
  title: string;
  output: string;
}

interface Step {
  title: string;
  readonly pace: Pace;
  readonly ended: Promise<Outcome>;
  readonly end: (outcome: Outcome) => void;
  line?: Line;
  shownAt: number;
}

/** Redrawing more often only costs time. */
const redrawMs = 100;
const worthTellingMs = 1_000;

export function ttyRenderer(terminal: Terminal): Renderer {
  const plain = plainRenderer(terminal);
  const steps = new Map<string, Step>();
  let drawing: Promise<unknown> | undefined;
  /** They stand below the list, whole: a line of the list is cut off where the terminal ends. */
  const warnings: string[] = [];
  let result: ResultEvent | undefined;

  function emit(event: Event): void {
    if (event.type === 'plan') {
      for (const { id, title } of event.steps) steps.set(id, pendingStep(title));
    } else if (event.type === 'result') {
      result = event;
    } else if (event.type === 'warning') {
      plain.emit(event);
    } else {
      const step = steps.get(event.id);
      if (step === undefined) plain.emit(event);
      else update(step, event);
    }
  }

  function update(step: Step, event: Extract<Event, { id: string }>): void {
    if (event.type === 'step-start') {
      // Not with the plan: a preflight may still refuse, or a person say no.
      drawing ??= import('listr2').then((library) => draw(library, steps, terminal));
    } else if (event.type === 'progress') {
      step.pace.add(event);
      if (step.line === undefined || event.at - step.shownAt < redrawMs) return;
      step.shownAt = event.at;
      step.line.output = progressText(event, step.pace.rate);
    } else if (event.type === 'note') {
      if (step.line) step.line.output = event.message;
    } else {
      if (event.ok && event.ms >= worthTellingMs) step.title += ` (${formatDuration(event.ms)})`;
      if (event.ok && event.message !== undefined) warnings.push(`warning: ${event.message}`);
      if (step.line) step.line.title = step.title;
      step.end(event.ok ? 'done' : 'failed');
    }
  }

  async function end(): Promise<void> {
    for (const step of steps.values()) step.end('never-run');
    await drawing;
    for (const warning of warnings.splice(0)) terminal.err(`${wrap(warning, terminal.columns)}\n`);
    if (result !== undefined) plain.emit(result);
    result = undefined;
  }

  return { emit, end };
}

function pendingStep(title: string): Step {
  let end: Step['end'] = () => {};
  const ended = new Promise<Outcome>((resolve) => {
    end = resolve;
  });
  return { title, pace: new Pace(), ended, end, shownAt: 0 };
}

/** Draws until every step has ended; listr2's own failure is not ours to report. */
async function draw(library: Library, steps: ReadonlyMap<string, Step>, terminal: Terminal): Promise<void> {
  const tasks = [...steps.values()].map(
    (step): ListrTask => ({
      title: step.title,
      task: async (_context, task) => {
        step.line = task;
        // It may have ended before the list came to it.
        task.title = step.title;
        const outcome = await step.ended;
        // The reason is printed where the exit code is chosen.
        if (outcome === 'failed') throw new Error(step.title);
        if (outcome === 'never-run') task.skip();
      },
    }),
  );
  await listOf(library, tasks, terminal)
    .run()
    .catch(() => {});
}

function listOf(library: Library, tasks: ListrTask[], terminal: Terminal): Listr {
  /** Whether this is a terminal was decided before; listr2 would look at stdout, and we draw on stderr. */
  class StderrRenderer extends library.DefaultRenderer {
    static override nonTTY = true;
  }
  const stream = drawingStream(terminal);
  const processOutput = new library.ProcessOutput(stream, stream, { leaveEmptyLine: false });
  const identity = (text?: string) => text ?? '';
  const uncoloured = Object.fromEntries(
    Object.values(library.ListrDefaultRendererLogLevels).map((level) => [level, identity]),
  );
  return new library.Listr(tasks, {
    renderer: StderrRenderer,
    rendererOptions: {
      logger: new library.ListrLogger({ useIcons: true, toStderr: [], processOutput }),
      collapseErrors: false,
      // One line for each step: the list must not be higher than a screen, whose top would be out of sight.
      formatOutput: 'truncate',
      showErrorMessage: false,
      ...(terminal.color ? {} : { color: uncoloured }),
    },
    registerSignalListeners: false,
  }) as unknown as Listr;
}

/** What listr2 takes for a terminal stream; it reads `columns` and `rows` and writes. */
function drawingStream(terminal: Terminal): NodeJS.WriteStream {
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      terminal.err(String(chunk));
      done();
    },
  });
  // Lines that are cut off end in …, which takes three columns on a simple console.
  return Object.assign(stream, {
    columns: terminal.columns - 2,
    isTTY: true,
  }) as unknown as NodeJS.WriteStream;
}
