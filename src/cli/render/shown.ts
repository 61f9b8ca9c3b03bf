/**
 * The events of work, shown as they come. Until the first one the terminal belongs to prompts; all is drawn before anything
 * else is written.
 */
import type { CommandContext } from '../command.ts';
import { type Renderer, renderer, rendererKind } from './index.ts';

/** Resolves with what `work` does, when its last event is on the screen; throws what `work` throws. */
export async function shown<T>(
  { host, terminal }: Pick<CommandContext, 'host' | 'terminal'>,
  how: { readonly json: boolean; readonly verbose: boolean },
  work: (emit: Renderer['emit']) => Promise<T>,
): Promise<T> {
  let view: Renderer | undefined;
  const emit: Renderer['emit'] = (event) => {
    view ??= renderer(rendererKind(terminal, host.system.env, how), terminal);
    view.emit(event);
  };
  try {
    return await work(emit);
  } finally {
    await view?.end();
  }
}
