/** The real machine. Only cli, test, bench and scripts construct it. */
import type { Host } from '../ports.ts';
import { clock, random } from './clock.ts';
import { deviceLocks } from './disk/device-locks.ts';
import { files } from './files.ts';
import { http } from './http/index.ts';
import { processes } from './processes.ts';
import { sockets } from './sockets.ts';
import { system } from './system.ts';

/** Cheap to call: libraries and the heavier Node modules load when a function first needs them. */
export function linuxHost(): Host {
  return { files, processes, http, sockets, clock, random, system, deviceLocks };
}
