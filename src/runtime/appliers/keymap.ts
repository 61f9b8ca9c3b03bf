/** bos.keymap: the keyboard layout of the virtual consoles, before anybody can type at one. */
import type { Host } from '../../host/ports.ts';
import { applier } from './applier.ts';

const timeoutMs = 20_000;

/** The console that is on the screen, whatever the standard input is (console(4)). The kernel has one keymap for all. */
const console = '/dev/tty0';

export const keymapApplier = applier({
  key: 'bos.keymap',
  once: true,
  apply: ({ host }, name) => loadKeymap(host, name),
});

/**
 * Gives the virtual consoles of this system the keymap. Keys that it does not mention keep their meaning, so a keymap
 * can be loaded over any other. Throws what running loadkeys throws.
 */
export async function loadKeymap(host: Host, name: string): Promise<void> {
  await host.processes.run('loadkeys', ['-q', '-C', console, '--', name], { timeoutMs });
}
