/** Processes: those that are waited for, and children that live beside this process. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Child, Processes } from '../ports.ts';
import { atExit, dyingWithParent, environment, findProgram, missingProgram } from './programs.ts';
import { runProcess } from './run-process.ts';

export const processes: Processes = {
  run: runProcess,

  start: (command, args, options = {}) => {
    const program = findProgram(command);
    if (program === undefined) throw missingProgram(command);
    const inherit = options.inherit ?? false;
    const child = spawn(...dyingWithParent(program, args), {
      env: environment(options.env, inherit),
      stdio: inherit ? 'inherit' : 'pipe',
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const forget = atExit(() => child.kill('SIGKILL'));
    const exited: Child['exited'] = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
    exited.then(forget, forget);
    return {
      pid: child.pid ?? -1,
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      exited,
      kill: (signal = 'SIGTERM') => {
        child.kill(signal);
      },
    };
  },

  which: async (command) => findProgram(command),

  identify: async (pid) => {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined),
      readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => ''),
    ]);
    if (stat === undefined) return undefined;
    // proc(5): the second field, the program's name, may hold spaces and parentheses; the third is the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [fields[0], fields[19]];
    return state === 'Z' || state === 'X' ? undefined : `${pid}@${startTime}.${boot.slice(0, 8)}`;
  },
};
