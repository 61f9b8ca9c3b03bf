/** Events as plain lines on stderr, for serial consoles, logs and pipes: no cursor movement, few lines. */
import type { Event } from '../../plan/events.ts';
import type { Terminal } from '../command.ts';
import { wrap } from '../terminal/wrap.ts';
import { formatDuration, Pace, type ProgressEvent, percentOf, progressText } from './progress.ts';
import type { Renderer } from './renderer.ts';

const widest = 80;
/** A line when this many percent were added, but not more often than every `shortestMs`; or after `longestMs`. */
const everyPercent = 10;
const shortestMs = 1_000;
const longestMs = 5_000;
/** Shorter steps end without their duration. */
const worthTellingMs = 1_000;

interface Running {
  readonly pace: Pace;
  shownAt: number;
  shownPercent: number;
}

export function plainRenderer(terminal: Terminal): Renderer {
  const columns = Math.min(terminal.columns, widest);
  const line = (text: string, indent = '') => terminal.err(`${wrap(text, columns, indent)}\n`);
  const running = new Map<string, Running>();
  let ids: readonly string[] = [];

  return { emit: show, end: async () => {} };

  function show(event: Event): void {
    switch (event.type) {
      case 'plan':
        ids = event.steps.map((step) => step.id);
        return;
      case 'step-start': {
        const number = ids.indexOf(event.id) + 1;
        line(`${number > 0 ? `[${number}/${ids.length}] ` : ''}${event.title}`);
        running.set(event.id, { pace: new Pace(), shownAt: event.at, shownPercent: 0 });
        return;
      }
      case 'progress':
        progress(event);
        return;
      case 'warning':
        line(`warning: ${event.message}`, '  ');
        return;
      case 'note':
        line(event.message, '  ');
        return;
      case 'step-end':
        running.delete(event.id);
        if (!event.ok) line(`failed: ${event.message ?? 'no reason was given'}`, '  ');
        else if (event.ms >= worthTellingMs) line(`done in ${formatDuration(event.ms)}`, '  ');
        else line('done', '  ');
        if (event.ok && event.message !== undefined) line(`warning: ${event.message}`, '  ');
        return;
      case 'result':
        // A failure is printed where the exit code is chosen.
        if (event.ok) line(event.message);
    }
  }

  function progress(event: ProgressEvent): void {
    const state = running.get(event.id);
    if (state === undefined) return;
    state.pace.add(event);
    const percent = percentOf(event) ?? 0;
    const waited = event.at - state.shownAt;
    const due = percent - state.shownPercent >= everyPercent ? waited >= shortestMs : waited >= longestMs;
    if (!due) return;
    state.shownAt = event.at;
    state.shownPercent = percent;
    line(progressText(event, state.pace.rate), '  ');
  }
}
