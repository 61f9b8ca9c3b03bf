/** The factory reset of the initrd, run by busybox over folders instead of file systems. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../formats/support.ts';
import { initrdFunctions } from './functions.ts';

interface Installed {
  readonly folder: string;
  readonly state: string;
  /** What asks for it. */
  readonly marker: string;
}

function installed(t: ExecutionContext, ownVar: boolean): Installed {
  const folder = temporaryFolder(t);
  const state = join(folder, 'run/state');
  const write = (path: string) => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, 'x');
  };
  for (const path of ['home/bhojpur/kept', 'var/lib/.hidden', 'opt/a name', 'var.new/half'])
    write(join(state, 'bos/data', path));
  for (const path of ['config.yaml', 'factory-reset', 'os/1/rootfs.squashfs'])
    write(join(state, 'bos/system', path));
  write(join(state, 'a photo'));
  if (ownVar) write(join(folder, 'run/var/bos/data/var/log/old'));
  return { folder, state, marker: join(state, 'bos/system/factory-reset') };
}

/** Runs it with `stubs`; says what it said. */
function reset({ folder }: Installed, ownVar: boolean, stubs = ''): string {
  const script = `${initrdFunctions(folder, ['messages', 'factory-reset'])}
say() { echo "$*"; }
rescue() { echo "RESCUE $*"; exit 0; }
mount() { :; }
umount() { :; }
sync() { :; }
chroot() { :; }
STATE=/dev/vda3 VAR=/dev/vdb1 VAR_UUID=${ownVar ? 'x' : "''"}
${stubs}
factory_reset`;
  return execFileSync('busybox', ['sh', '-c', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
}

const isReset = (t: ExecutionContext, { folder, state, marker }: Installed, ownVar: boolean) => {
  t.false(existsSync(marker));
  t.deepEqual(readdirSync(join(state, 'bos/data')), ['var']);
  t.deepEqual(readdirSync(join(state, 'bos/data/var')), []);
  t.deepEqual(readdirSync(join(state, 'bos/system')), ['config.yaml', 'os']);
  t.is(readFileSync(join(state, 'a photo'), 'utf8'), 'x');
  if (ownVar) t.false(existsSync(join(folder, 'run/var/bos/data')));
};

for (const ownVar of [false, true]) {
  const where = ownVar ? 'with a disk for /var' : 'on one disk';
  test(`what lasts goes, the system and the files of others stay: ${where}`, (t) => {
    const one = installed(t, ownVar);
    t.regex(reset(one, ownVar), /^factory reset: removing [\s\S]*factory reset: done$/m);
    isReset(t, one, ownVar);
    t.is(reset(one, ownVar), '', 'not asked for a second time');
  });

  test(`cut off before any of its programs, the next boot completes it: ${where}`, (t) => {
    let at = 0;
    for (let ended = false; !ended; at += 1) {
      const one = installed(t, ownVar);
      // Each program may be the last one that runs.
      const cut = ['rm', 'mkdir', 'sync', 'mount']
        .map(
          (name) =>
            `${name}() { [ $count -lt ${at} ] || exit 9; count=$((count + 1)); command ${name === 'mount' || name === 'sync' ? ':' : name} "$@"; }`,
        )
        .join('\n');
      try {
        reset(one, ownVar, `count=0\n${cut}`);
        ended = true;
      } catch {
        // Whatever is left of the data is not used: it is still asked for.
        const whole = existsSync(join(one.state, 'bos/data/home'));
        if (whole || (ownVar && existsSync(join(one.folder, 'run/var/bos/data'))))
          t.true(existsSync(one.marker));
        reset(one, ownVar);
      }
      isReset(t, one, ownVar);
    }
    t.true(at > 5);
  });
}

test('what cannot be removed ends in the rescue shell, and is still asked for', (t) => {
  const one = installed(t, false);
  const said = reset(one, false, 'rm() { case $* in *data*) return 1 ;; esac; command rm "$@"; }');
  t.regex(said, /RESCUE the factory reset could not be finished: .*data cannot be removed/);
  t.true(existsSync(one.marker));
});

test('files that are not to be changed are made so that they can be', (t) => {
  const one = installed(t, false);
  const said = reset(
    one,
    false,
    'fixed=1\nchroot() { echo "ran $*"; fixed=0; }\nrm() { [ $fixed = 0 ] || return 1; command rm "$@"; }',
  );
  t.regex(said, /^ran .*newroot chattr -R -f -i -a \/mnt\/bos\/data$/m);
  isReset(t, one, false);
});

test('a file system that cannot be written to', (t) => {
  const said = reset(installed(t, false), false, 'mount() { return 1; }');
  t.regex(said, /RESCUE the factory reset could not be finished: \/dev\/vda3 cannot be written to/);
});
