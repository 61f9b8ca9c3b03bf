/**
 * What tests mount and attach on the machine that runs them is gone with them, also when they were killed: somebody who
 * removes their folders must not remove /dev or /sys.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { temporaryFolder } from '../formats/support.ts';
import { whyNoLoopDisk } from '../install/whole-disk/loop-plans.ts';
import { projectFiles } from './project-files.ts';

const asRoot = process.getuid?.() === 0 ? test : test.skip;
const root = join(import.meta.dirname, '../..');

/** Runs a script that kills itself at its end; what it has printed. */
function killed(folder: string, words: readonly string[], script: string): string {
  const file = join(folder, 'script.ts');
  writeFileSync(file, `${script}\nprocess.kill(process.pid, 'SIGKILL');\n`);
  const { BOS_OWN_MOUNTS: _, ...env } = process.env;
  const { stdout } = spawnSync(process.execPath, [...words, file], { cwd: root, env, encoding: 'utf8' });
  return stdout.trim();
}

asRoot('these tests have mounts of their own, where a namespace can be had', (t) => {
  t.not(process.env.BOS_OWN_MOUNTS, undefined, 'start tests by `npm run unit`, or by scripts/on-node.mjs');
  t.not(readlinkSync('/proc/self/ns/mnt'), process.env.BOS_OWN_MOUNTS);
});

asRoot('what is mounted by a script that is killed is mounted nowhere', (t) => {
  if (process.env.BOS_OWN_MOUNTS === 'none') return void t.pass('there are no namespaces here');
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'mnt'));
  const mount = `import { execFileSync } from 'node:child_process';
execFileSync('mount', ['-t', 'tmpfs', 'none', '${folder}/mnt']);
console.log(execFileSync('findmnt', ['-no', 'FSTYPE', '${folder}/mnt'], { encoding: 'utf8' }));`;
  t.is(killed(folder, ['scripts/on-node.mjs'], mount), 'tmpfs');
  t.false(readFileSync('/proc/self/mountinfo', 'utf8').includes(folder));
});

asRoot('a loop device of a script that is killed is detached', async (t) => {
  if ((await whyNoLoopDisk([])) !== undefined) return void t.pass('there are no loop devices here');
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'disk'), Buffer.alloc(2 ** 20));
  const attach = `import { execFileSync } from 'node:child_process';
import { attachLoop } from '${root}/test/disk/loop-device.ts';
attachLoop('${folder}/disk');
console.log(execFileSync('losetup', ['-nO', 'BACK-FILE', '-j', '${folder}/disk'], { encoding: 'utf8' }));`;
  t.is(killed(folder, [], attach), `${folder}/disk`);
  const attached = () => spawnSync('losetup', ['-j', join(folder, 'disk')], { encoding: 'utf8' }).stdout;
  for (let tries = 100; attached() !== '' && tries > 0; tries -= 1) await sleep(100);
  t.is(attached(), '');
});

/** Program, and the one place that runs it on this machine. */
const held = {
  losetup: 'test/disk/loop-device.ts',
  mmdebstrap: 'test/system/support/mmdebstrap.ts',
};
/** The flow as people write it is what is measured. */
const byHand = ['bench/figures/images/image.ts'];

/** As a program of a call, whatever stands before it; a machine in QEMU is told a line, which begins with sudo. */
const calls = /\b\w+\(\s*(?:[\w.]+,\s*)?'(losetup|mmdebstrap)'|\$\((losetup) /g;

test('loop devices and trees of Debian are made in one place each', (t) => {
  const found = projectFiles('{test,bench}/**/*.ts')
    .filter(({ path }) => path !== 'test/house/mounts.test.ts' && !byHand.includes(path))
    .flatMap(({ path, text }) => [...text.matchAll(calls)].map(([, one, other]) => [one ?? other, path]));
  t.deepEqual(found, Object.entries(held));
});
