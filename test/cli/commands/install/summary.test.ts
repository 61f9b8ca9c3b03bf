/** What a person reads before the yes, and after the installation. */
import test from 'ava';
import { nextOf, nextSteps } from '../../../../src/cli/commands/install/next.ts';
import { summaryText } from '../../../../src/cli/commands/install/summary.ts';
import type { Config } from '../../../../src/config/config.ts';
import type { Diagnostic } from '../../../../src/config/diagnostics.ts';
import { loginWays } from '../../../../src/config/keys/login.ts';
import type { DiskFacts } from '../../../../src/disk/facts.ts';
import type { PartitionTarget } from '../../../../src/install/partition/boot.ts';
import type { InstallRequest } from '../../../../src/install/request.ts';
import { partition } from '../../../disk/facts.ts';
import { assets, disk, manifest, mediumRoot } from '../../../install/fixtures.ts';

const key = `ssh-ed25519 ${'A'.repeat(68)} me`;

function summary(
  more: {
    existing?: PartitionTarget;
    disk?: Partial<DiskFacts>;
    varDisk?: DiskFacts;
    config?: Config;
    dcp?: string;
    warnings?: readonly Diagnostic[];
    request?: Partial<InstallRequest>;
  } = {},
): string {
  const config = more.config ?? { 'bos.password': '$6$salt$hash' };
  const checked = {
    disk: disk(more.disk),
    ...(more.varDisk === undefined ? {} : { varDisk: more.varDisk }),
    ...(more.existing === undefined ? {} : { existing: more.existing }),
    manifest: { ...manifest, dcp: more.dcp ?? null },
    config: { config, bytes: new Uint8Array(), warnings: more.warnings ?? [] },
    ...{ mediumRoot, assets, manifestText: '' },
  };
  return summaryText({ checked }, { after: 'stay', ...more.request }, 80);
}

test('an empty disk', (t) => {
  t.snapshot(summary());
});

test('a partition as it is: what stays, what changes, what is left', (t) => {
  const home = partition('/dev/vda2', { number: 2, signature: { type: 'ext4', label: 'data', uuid: 'u' } });
  const manualSteps = ['a boot loader for BIOS, since /dev/vda has a GPT without a bios_grub partition'];
  const text = summary({
    existing: { disk: disk(), partition: home, places: { style: 'guest', efi: [], bios: [], manualSteps } },
  });
  t.notRegex(text, /will be lost/);
  t.snapshot(text);
});

test('what is lost is called as people call it', (t) => {
  const text = summary({
    disk: {
      content: 'data',
      partitions: [
        partition('/dev/vda1', { signature: { type: 'LVM2_member' } }),
        partition('/dev/vda2', { type: '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f' }),
        partition('/dev/vda3'),
      ],
    },
  });
  t.regex(text, /vda1, 1 GB: LVM\n.*vda2, 1 GB: Linux swap\n.*vda3, 1 GB: no file system\n/);
});

test('a disk with much on it: all of it is named, no line is too long and no secret shown', (t) => {
  const partitions = Array.from({ length: 10 }, (_, index) =>
    partition(`/dev/vda${index + 1}`, {
      number: index + 1,
      size: (index + 1) * 1e9,
      ...(index === 0 ? { name: 'a part that has no file system' } : {}),
      ...(index > 1 ? { signature: { type: 'ext4', label: `home ${index}` } } : {}),
    }),
  );
  const text = summary({
    disk: { content: 'data', contentSummary: 'ext4 "home 2", LVM2_member, 2 more', partitions },
    config: {
      hostname: 'node1',
      ssh_authorized_keys: [key, key, 'github:octocat'],
      'bos.password': 'secret one',
      'bos.wifi': [{ name: 'attic', passphrase: 'secret two' }],
      'bos.server_url': 'https://myserver:6443',
      'bos.token': 'secret three',
    },
    dcp: 'v1.30.0',
    request: { configUrl: '/c.yaml', after: 'reboot' },
  });
  t.snapshot(text);
  t.notRegex(text, /secret/);
  t.true(text.split('\n').every((line) => line.length <= 80));
});

test('a second disk for /var: what is on it is named, too', (t) => {
  const varDisk = disk({ path: '/dev/vdb', content: 'data', contentSummary: 'ext4 "photos"' });
  const text = summary({ varDisk });
  t.regex(text, /^ {2}\/var +on a disk of its own, \/dev\/vdb/m);
  t.regex(text, /^Everything on \/dev\/vdb will be lost: ext4 "photos"$/m);
});

test('a server', (t) => {
  t.regex(summary({ dcp: 'v1' }), /Cluster +a server/);
  t.regex(summary({ dcp: 'v1', config: { 'bos.dcp_args': ['agent'] } }), /Cluster +an agent\n/);
});

test('nobody can log in', (t) => {
  t.regex(summary({ config: {} }), /Log in +nobody can/);
});

test('ways to log in', (t) => {
  t.deepEqual(loginWays({}), []);
  t.deepEqual(loginWays({ 'bos.password': '!' }), []);
  t.deepEqual(loginWays({ 'bos.password': 'x', ssh_authorized_keys: [key, 'github:me'] }), [
    'a password',
    'an ssh key',
    'the keys of github:me',
  ]);
});

const done = { installed: true, target: '/dev/vda', message: 'It is installed.' } as const;
for (const after of ['stay', 'reboot', 'power-off'] as const) {
  test(`afterwards: ${after}`, (t) => {
    const steps = nextSteps({ ...done, after, login: ['a password', '2 ssh keys'] }, 80);
    t.snapshot(steps);
    t.true(steps.split('\n').every((line) => line.length <= 80));
    t.notRegex(nextOf({ ...done, after, login: [] }), /\n/);
  });
}

test('afterwards: keys are for ssh, and nobody is told to log in who cannot', (t) => {
  const stepsOf = (login: string, addresses?: readonly string[], columns = 80) =>
    nextSteps({ ...done, after: 'stay', login: [login] }, columns, addresses);
  t.regex(stepsOf('an ssh key'), /by an ssh key, with ssh:\n {7}ssh bhojpur@ADDRESS\n {5}Its console shows/);
  t.regex(stepsOf('an ssh key', ['192.0.2.7', '2001:db8::7']), /\n {7}ssh bhojpur@192\.0\.2\.7\n/);
  t.regex(
    stepsOf('a password', ['2001:db8::7']),
    /at the console or with ssh:\n {7}ssh bhojpur@2001:db8::7\n/,
  );
  // The command stays in one piece on a narrow screen, too.
  t.regex(
    stepsOf('a password', ['192.0.2.7'], 40),
    /\n {7}ssh bhojpur@192\.0\.2\.7\n {5}Its console .*\n {5}/,
  );
  t.notRegex(nextSteps({ ...done, after: 'stay', login: [] }, 80), /Log in/);
});

for (const after of ['reboot', 'power-off'] as const)
  test(`unattended, ${after}: whether the medium may stay`, (t) => {
    const stepsOf = (again: 'starts' | 'installs') =>
      nextSteps({ ...done, after, again, login: [] }, 80).replaceAll(/\s+/g, ' ');
    t.regex(
      stepsOf('starts'),
      /The medium may stay: the same request starts this disk|the medium may stay: the same/,
    );
    t.notRegex(stepsOf('starts'), /[Rr]emove/);
    t.regex(stepsOf('installs'), /Remove the medium.*: bos\.install\.always installs with every boot\./);
  });

test('from another Linux there is no medium to take out, and perhaps no sudo', (t) => {
  const steps = nextSteps({ ...done, overLinux: true, after: 'stay', login: [] }, 80);
  t.regex(steps, /1\. Restart the machine and let its firmware start \/dev\/vda\.\n/);
  t.notRegex(steps, /medium|sudo/);
});

test('after a dry run there is one thing to do', (t) => {
  const result = { ...done, installed: false, after: 'stay', login: [] } as const;
  t.is(nextSteps(result, 80), 'Run the same command without --dry-run to install.\n');
});

test('warnings stand last, above the question', (t) => {
  const place = { file: 'https://example.com/a.yaml', line: 2, column: 1 };
  const warnings = [
    { severity: 'warning', place, key: 'hostnam', message: 'is not a key; did you mean hostname?' },
  ] as const;
  t.regex(
    summary({ warnings }),
    /\n\nThere is a warning:\n {2}https:\/\/example\.com\/a\.yaml:2:1: hostnam: is not/,
  );
});
