/** Chooses how the events of an execution are shown: three readers of the same events. */
import type { Terminal } from '../command.ts';
import { jsonRenderer } from './json.ts';
import { plainRenderer } from './plain.ts';
import type { Renderer } from './renderer.ts';
import { ttyRenderer } from './tty.ts';

export type { Renderer } from './renderer.ts';
export type RendererKind = 'json' | 'plain' | 'tty';

export function renderer(kind: RendererKind, terminal: Terminal): Renderer {
  switch (kind) {
    case 'json':
      return jsonRenderer(terminal);
    case 'plain':
      return plainRenderer(terminal);
    case 'tty':
      return ttyRenderer(terminal);
  }
}

/**
 * `tty` needs a terminal that can move its cursor and that nobody else writes to. systemd gives a getty on a serial
 * line TERM=vt220 (systemd's serial-getty@.service), where redrawing at 115200 baud crawls: plain lines there.
 */
export function rendererKind(
  terminal: Pick<Terminal, 'stderrIsTty'>,
  env: Readonly<Record<string, string | undefined>>,
  options: { readonly json?: boolean; readonly verbose?: boolean } = {},
): RendererKind {
  if (options.json) return 'json';
  const capable = env.TERM !== undefined && !/^(dumb|vt\d+)/.test(env.TERM);
  return terminal.stderrIsTty && capable && !options.verbose ? 'tty' : 'plain';
}
