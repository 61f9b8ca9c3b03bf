/** What a board starts: versions, tries and ways back, by the pieces of os/board in busybox. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { parseBootEnvironment, renderBootEnvironment } from '../../src/boot/environment.ts';
import { newTrial } from '../../src/boot/trial.ts';
import { sha256Of } from '../../src/host/digest.ts';
import { renderManifest } from '../../src/media/manifest.ts';
import { temporaryFolder } from '../formats/support.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const pieces = [
  ...['lib/places', 'lib/messages', 'lib/mark', 'lib/manifest'].map((name) => `os/initrd/${name}`),
  ...['ground', 'deployment'].map((name) => `os/board/parts/${name}`),
];

interface Card {
  readonly root: string;
  readonly run: string;
}

interface CardOptions {
  readonly tries?: string;
  /** The boot environment is of another unpacking of the tarball. */
  readonly older?: boolean;
  readonly noEnvironment?: boolean;
  /** Versions whose files are cut short. */
  readonly short?: readonly string[];
}

/** The root of a board with versions 1 and 2, of which 2 is current. */
function card(t: ExecutionContext, options: CardOptions = {}): Card {
  const folder = temporaryFolder(t);
  const [root, run] = [join(folder, 'root'), join(folder, 'run')];
  const system = join(root, 'bos/system');
  for (const name of ['os/1', 'os/2', 'overlay', 'grub']) mkdirSync(join(system, name), { recursive: true });
  mkdirSync(run);
  const rootfs = 'a root file system';
  const files = ['1', '2'].map((version) => ({
    path: `bos/system/os/${version}/rootfs.squashfs`,
    size: rootfs.length,
    sha256: sha256Of(rootfs),
  }));
  for (const version of ['1', '2']) {
    const content = options.short?.includes(version) === true ? 'short' : rootfs;
    writeFileSync(join(system, 'os', version, 'rootfs.squashfs'), content);
  }
  symlinkSync('2', join(system, 'os/current'));
  const manifest = { v: 1, arch: 'arm64', kernel: 'board', os: '2', dcp: null, files } as const;
  writeFileSync(join(system, 'manifest.json'), renderManifest(manifest));
  writeFileSync(join(system, 'overlay/unpacked'), 'abc\n');
  const others = {
    bos_unpacked: options.older === true ? 'older' : 'abc',
    ...{ bos_previous_kernel: 'board', bos_previous_os: '1', bos_previous_dcp: '' },
    ...(options.tries === undefined ? {} : { bos_tries: options.tries }),
  };
  const block = renderBootEnvironment({
    ...{ mark: 'valid', stateUuid: 'board', kernel: 'board', os: '2', dcp: null, others },
  });
  if (options.noEnvironment !== true) writeFileSync(join(system, 'grub/grubenv'), block);
  return { root, run };
}

/** Runs shell with the pieces, whose paths lead into the card; what it says goes to the result too. */
function onCard({ root, run }: Card, script: string): string {
  const text = pieces
    .map((name) => readFileSync(join(project, `${name}.sh`), 'utf8'))
    .join('\n')
    .replaceAll('/bos/system', `${root}/bos/system`)
    .replaceAll('"/$path"', `"${root}/$path"`);
  const stubs =
    'say() { echo "$*"; }; restart_trial() { echo "RESTART: $1"; exit 1; }; undo_mounts() { :; }; DEV=/dev; TRY=\'\'\n';
  try {
    return execFileSync('busybox', ['sh', '-c', `${text}\nRUN=${run}\n${stubs}${script}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    return (error as { stdout?: string }).stdout ?? '';
  }
}

const begun = (made: Card, before = '') =>
  onCard(made, `${before}\nbegin_deployment; echo "OS=$OS DCP=$DCP TRY=$TRY VERSION=$VERSION"`);

const triesIn = ({ root }: Card): string | undefined =>
  parseBootEnvironment(readFileSync(join(root, 'bos/system/grub/grubenv'))).others.bos_tries;

test('without a boot environment the link current says what starts', (t) => {
  t.is(begun(card(t, { noEnvironment: true })), 'OS=2 DCP= TRY= VERSION=board\n');
});

test('a version that has proved itself starts uncounted', (t) => {
  const made = card(t);
  t.is(begun(made), 'OS=2 DCP= TRY= VERSION=board\n');
  t.is(triesIn(made), undefined);
});

test('each try takes a letter off, and the version before starts when all are used up', (t) => {
  const made = card(t, { tries: newTrial(2) });
  t.is(newTrial(2), 'ccppr');
  const said = [1, 2, 3, 4, 5].map(() => [begun(made).trim(), triesIn(made)]);
  const [two, one] = ['OS=2 DCP= TRY=c VERSION=board', 'OS=1 DCP= TRY=p VERSION=board'];
  t.deepEqual(said, [
    [two, 'cppr'],
    [two, 'ppr'],
    [one, 'pr'],
    [one, 'r'],
    // No shell that nobody sees: the version before, which is judged all the same.
    ['OS=1 DCP= TRY= VERSION=board', 'r'],
  ]);
  t.is(readFileSync(join(made.root, 'bos/system/grub/grubenv')).length, 1024);
});

test('a start that cannot be counted is one of the version before', (t) => {
  const made = card(t, { tries: 'cpr' });
  t.regex(
    begun(made, "READ_ONLY='it cannot be written to'"),
    /cannot be counted.*\nOS=1 DCP= TRY= VERSION=board\n$/,
  );
  t.is(triesIn(made), 'cpr');
});

test('a tarball that was unpacked since has the last word', (t) => {
  const made = card(t, { tries: 'cpr', older: true });
  t.is(begun(made), 'OS=2 DCP= TRY= VERSION=board\n');
  t.is(triesIn(made), 'cpr');
});

test('a version of which something is missing: the one before, or the old init', (t) => {
  const made = card(t, { tries: 'cpr', short: ['2'] });
  t.regex(
    begun(made),
    /version 2 cannot be started: .*wrong size; starting 1\nOS=1 DCP= TRY= VERSION=board\n$/,
  );
  const none = begun(card(t, { tries: 'cpr', short: ['1', '2'] }));
  t.regex(none, /RESTART: version '2' cannot be started|is not started: version '2' cannot be started/);
  t.notRegex(none, /OS=/);
  const alone = begun(card(t, { noEnvironment: true, short: ['2'] }));
  t.regex(
    alone,
    /Bhojpur OS is not started: version '2' cannot be started: .*wrong size\nstarting the init that was here before\n$/,
  );
});

test('read-only, by the options of the mount or of the file system', (t) => {
  const made = card(t);
  const proc = join(made.run, 'proc/self');
  mkdirSync(proc, { recursive: true });
  const mounted = (line: string) => {
    writeFileSync(join(proc, 'mountinfo'), `1 0 0:1 / / rw - rootfs rootfs rw\n${line}\n`);
    return onCard(made, `PROC=${made.run}/proc; is_read_only && echo ro || echo rw`).trim();
  };
  t.is(mounted('21 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw,errors=remount-ro'), 'rw');
  t.is(mounted('21 1 179:2 / / ro,noatime - ext4 /dev/mmcblk0p2 rw'), 'ro');
  t.is(mounted('21 1 179:2 / / rw - ext4 /dev/mmcblk0p2 ro,data=ordered'), 'ro');
});
