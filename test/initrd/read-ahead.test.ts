/** Node.js and opsctl in the root that the initrd found: which file starts, and what is read before it is wanted. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../formats/support.ts';
import { initrdFunctions } from './functions.ts';

const place = '/usr/lib/bhojpur';

/** Runs `script` where the image has these files of opsctl and the machine so many processors; what it printed. */
function inInitrd(
  t: ExecutionContext,
  script: string,
  { names = ['opsctl.cjs', 'opsctl-start.cjs', 'opsctl-phases.cjs'], processors = 2 },
): { readonly said: string; readonly started: string } {
  const folder = temporaryFolder(t);
  const log = join(folder, 'started');
  for (const name of [
    `run/os${place}`,
    'dev',
    ...Array.from({ length: processors }, (_, at) => `sys/devices/system/cpu/cpu${at}`),
  ])
    mkdirSync(join(folder, name), { recursive: true });
  for (const name of names) writeFileSync(join(folder, `run/os${place}`, name), name);
  for (const name of ['dev/null', 'started']) writeFileSync(join(folder, name), '');
  const said = execFileSync(
    'busybox',
    ['sh', '-c', `${initrdFunctions(folder, ['messages', 'medium', 'hand-over'])}LOG=${log}\n${script}`],
    { encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
  );
  return { said, started: readFileSync(log, 'utf8').replaceAll(folder, '') };
}

const ofImage = test.macro((t, names: readonly string[], expected: string) => {
  t.is(inInitrd(t, 'find_opsctl "$RUN/os"; echo "$OPSCTL"', { names: [...names] }).said, `${expected}\n`);
});
test(
  'what starts quickest',
  ofImage,
  ['opsctl-phases.cjs', 'opsctl-start.cjs', 'opsctl.cjs'],
  `${place}/opsctl-phases.cjs`,
);
test('an older system has less', ofImage, ['opsctl-start.cjs', 'opsctl.cjs'], `${place}/opsctl-start.cjs`);
test('and a still older one the bundle alone', ofImage, ['opsctl.cjs'], `${place}/opsctl.cjs`);

/** They note themselves; the first one ends when the one that reads ahead has gone on. */
const fakes = `
chroot() { until [ -e "$RUN/gone-on" ]; do sleep 0.01; done; echo "chroot $*" >> "$LOG"; }
cat() { for file; do echo "read \${file##*/}"; done >> "$LOG"; }
`;
test('Node.js once, then all of opsctl, while the boot goes on', (t) => {
  const { started } = inInitrd(t, `${fakes}read_ahead; : > "$RUN/gone-on"; wait`, {});
  t.is(
    started,
    `chroot /run/os ${place}/node -e 0\nread opsctl-phases.cjs\nread opsctl-start.cjs\nread opsctl.cjs\n`,
  );
});
test('not with one processor, which has other work', (t) => {
  t.is(inInitrd(t, `${fakes}read_ahead; : > "$RUN/gone-on"; wait`, { processors: 1 }).started, '');
});
