/**
 * The installer of the boot menu, with somebody at one of its consoles. What it ends with stays readable: a login prompt
 * clears the screen. One that waits on another console, when the machine is installed, says so and is no failure.
 */
import { exitCodeOf } from '../../../errors.ts';
import { readInstallRecord } from '../../../install/record.ts';
import type { CommandContext } from '../../command.ts';
import { failureText } from '../../report.ts';
import { withoutSystemErrors } from '../../system-error.ts';
import { type Ask, askAtTerminal } from '../../terminal/ask.ts';
import { opsctlVersion } from '../../version.ts';

/** Does the `work`; returns its exit code, or that of the failure, which was told. */
export async function watched(
  context: CommandContext,
  work: (context: CommandContext) => Promise<number>,
  ask: Ask = askAtTerminal(context.signal),
): Promise<number> {
  const { host, terminal, signal, verbose } = context;
  try {
    return await work(context);
  } catch (thrown) {
    if (signal.aborted) {
      const record = await readInstallRecord(host.files);
      if (record?.ok !== true) throw thrown;
      terminal.err(`\n${record.message} That was done on another console; nothing more is needed here.\n`);
      return 0;
    }
    if (!terminal.stdinIsTty) throw thrown;
    const error = withoutSystemErrors(thrown, [], '/');
    terminal.err(failureText(error, terminal, { verbose, version: await opsctlVersion() }));
    await ask.input({ message: 'Press Enter for a login prompt:' }).catch(() => {});
    return exitCodeOf(error);
  }
}
