/** Events as JSON lines on stdout. */
import type { Terminal } from '../command.ts';
import type { Renderer } from './renderer.ts';

export function jsonRenderer(terminal: Terminal): Renderer {
  return {
    emit: (event) => terminal.out(`${JSON.stringify(event)}\n`),
    end: async () => {},
  };
}
