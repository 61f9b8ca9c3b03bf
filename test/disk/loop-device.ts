/**
 * Loop devices of this machine that cannot be left behind: one that its test has not detached is so as soon as the test's
 * process has ended, however that was. Needs root.
 */
import { execFileSync, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

export interface LoopDevice {
  readonly device: string;
  /** When something else has it open, it goes with that. Doing it again does nothing. */
  detach(): void;
}

/** `options` are those of losetup(8), such as `--partscan`. Throws what it said. */
export function attachLoop(file: string, options: readonly string[] = []): LoopDevice {
  const losetup = (...words: string[]) =>
    execFileSync('losetup', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const device = losetup('--find', '--show', ...options, file);
  // In a session of its own, which lives until the pipe ends. Holding the device open instead would keep its pages in
  // memory, also those that are written through its partitions meanwhile.
  const script = 'read -r word || losetup --detach "$0"';
  const guard = spawn('sh', ['-c', script, device], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.unref();
  (guard.stdin as Socket).unref();
  let isHeld = true;
  return {
    device,
    detach: () => {
      if (!isHeld) return;
      isHeld = false;
      losetup('--detach', device);
      guard.stdin.end('detached\n');
    },
  };
}
