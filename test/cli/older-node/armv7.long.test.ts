/** The bundle on Node.js 20.11 of ARMv7: commands, the phases of a boot, and what they hold of memory. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { tool } from '../../formats/support.ts';
import { addDisk } from '../../runtime/seed/boot-disk.ts';
import { armv7Node, bootConfiguration, makeBoard, makeBundle, onArmv7, peakOf } from './armv7.ts';

const folder = mkdtempSync(join(tmpdir(), 'bos-armv7-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

let node = '';
let bundle = '';
test.before(async (t) => {
  t.timeout(600_000);
  node = await armv7Node();
  bundle = await makeBundle(folder);
});
const opsctl = (...args: string[]) => onArmv7(node, [bundle, ...args]);

test.serial('it is that Node.js', async (t) => {
  t.is((await onArmv7(node, ['-p', 'process.arch + process.version'])).stdout, 'armv20.11.0');
});

test.serial(
  'commands: version, help, facts, configurations that are right and wrong, refusals',
  async (t) => {
    t.timeout(300_000);
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
    t.is((await opsctl('--version')).stdout, version);
    t.regex((await opsctl('install', '--help')).stdout, /^Usage: opsctl install/);
    const facts = await opsctl('facts');
    t.is(facts.exitCode, 0, facts.stderr);
    t.truthy(JSON.parse(facts.stdout).disks);
    const config = join(folder, 'node.yaml');
    writeFileSync(
      config,
      'hostname: board\nbos: {labels: {a: b}, wifi: [{name: home, passphrase: hush-hush}]}\n',
    );
    t.regex((await opsctl('config', 'validate', config)).stdout, /valid$/);
    writeFileSync(config, 'hostnam: board\n');
    const wrong = await opsctl('config', 'validate', config);
    t.is(wrong.exitCode, 0);
    t.regex(wrong.stderr, /did you mean hostname/);
    for (const command of ['status', 'rollback', 'config']) {
      const { exitCode, stderr } = await opsctl(command);
      t.is(exitCode, 3, `${command}: ${stderr}`);
      t.notRegex(stderr, /is not a function|a bug/, command);
    }
  },
);

test.serial('images packed by gzip, xz and zstd are read, a list is made', async (t) => {
  t.timeout(300_000);
  const raw = join(folder, 'board.img');
  const bytes = Buffer.alloc(256 * 1024);
  // A partition from sector 1 on (0x0c: FAT32), and the signature of a table.
  bytes.set([0, 0, 0, 0, 0x0c, 0, 0, 0, 1, 0, 0, 0, 255, 1, 0, 0], 446);
  bytes.writeUInt16LE(0xaa55, 510);
  writeFileSync(raw, bytes);
  for (const [program, ending] of [
    ['gzip', 'gz'],
    ['xz', 'xz'],
    ['zstd', 'zst'],
  ] as const) {
    tool(program, '--keep', '--force', '--quiet', raw);
    const words = ['--url', 'https://example.org', '--device', 'pi2-32bit'];
    const list = await opsctl('image', 'os-list', `${raw}.${ending}`, ...words);
    t.is(list.exitCode, 0, `${ending}: ${list.stderr}`);
    t.is(JSON.parse(list.stdout).os_list[0].extract_size, 256 * 1024);
  }
});

/** Of 256 MB the kernel, systemd and what it has started leave about half at that moment. */
const mostKiB = 96 * 1024;

test.serial('the phases of a boot, with a seed on the boot partition', async (t) => {
  t.timeout(300_000);
  const board = makeBoard(join(folder, 'root'), node, bundle);
  board.write('bos/system/config.yaml', bootConfiguration);
  addDisk(board.root, 'mmcblk0', [
    { label: 'bootfs', files: { 'user-data': '#cloud-config\nhostname: seeded\r\n' } },
    { other: true },
  ]);
  board.write('run/bos/boot.json', '{"v":1,"mode":"live","state":"","medium":"/dev/mmcblk0p2"}');
  const early = board.run(['config', '--initrd', '--boot']);
  const earlyPeak = await peakOf(early);
  const { exitCode, stderr, stdout } = await early;
  t.is(board.read('proc/sys/kernel/hostname').trim(), 'seeded', `${exitCode} ${stdout} ${stderr}`);
  t.regex(board.read('etc/shadow'), /^bhojpur:\$6\$abcdefgh\$0123456789:/m);
  t.regex(board.read('var/lib/connman/bos-wifi.config'), /Passphrase=hush-hush/);
  t.regex(board.read('etc/environment'), /^A=/m);
  t.notRegex(stderr, /is not a function|TypeError/);
  const late = board.run(['config']);
  const latePeak = await peakOf(late);
  t.notRegex((await late).stderr, /is not a function|TypeError/);
  const status = JSON.parse(board.read('run/bos/config-status.json'));
  t.deepEqual(Object.keys(status.phases).toSorted(), ['boot', 'initrd', 'runtime']);
  t.log(`initrd and boot: ${Math.round(earlyPeak / 1024)} MiB, runtime: ${Math.round(latePeak / 1024)} MiB`);
  for (const peak of [earlyPeak, latePeak]) t.true(peak > 20 * 1024 && peak < mostKiB, `${peak} KiB`);
});
