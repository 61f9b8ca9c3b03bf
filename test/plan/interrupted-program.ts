/** Run by execute.test.ts: a command whose plan runs a real program past the point of no return, and says when. */
import type { CommandDefinition } from '../../src/cli/command.ts';
import { run } from '../../src/cli/run.ts';
import { stopSignal } from '../../src/cli/terminal/signals.ts';
import { terminalOf } from '../../src/cli/terminal/terminal.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { installOutcome } from '../../src/install/outcome.ts';
import { execute } from '../../src/plan/execute.ts';
import type { Handlers, StepBase } from '../../src/plan/plan.ts';

const terminal = terminalOf(process);
const steps: StepBase[] = [{ id: 'format', kind: 'format' }];
const handlers = {
  format: {
    describe: () => 'Format',
    destructive: true,
    run: async (_step: StepBase, { host }: { host: ReturnType<typeof linuxHost> }) => {
      // Tells that it runs, then waits, as mkfs does: nobody passes the signal on to it.
      await host.processes.run('sh', ['-c', 'echo running; exec sleep 60'], {
        onStdout: (line) => terminal.out(`${line}\n`),
      });
    },
    undo: { kind: 'none' },
  },
} as unknown as Handlers<StepBase>;

const command: CommandDefinition = {
  name: 'work',
  summary: 'work',
  load: async () => async (context) => {
    await execute({ v: 1, operation: 'install', target: '/dev/null', steps }, handlers, {
      host: context.host,
      emit: () => {},
      signal: context.signal,
      outcome: installOutcome,
    });
    return 0;
  },
};
const signal = stopSignal(process, (code) => process.exit(code));
process.exit(await run(['work'], { terminal, commands: [command], host: linuxHost(), signal }));
