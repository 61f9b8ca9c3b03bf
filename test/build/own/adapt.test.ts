/** Somebody's own root file system as the initrd wants it. */
import test from 'ava';
import { withPerson } from '../../../src/build/own/accounts.ts';
import { adapt, unitsOfAll } from '../../../src/build/own/adapt.ts';
import { draftOf } from '../../../src/build/own/draft.ts';
import { lookInto } from '../../../src/build/own/look.ts';
import { shownTree, treeOf } from './archives.ts';
import { release, smallRoot } from './small-root.ts';

const template = 'usr/lib/bhojpur/var-template';

async function adapted(changes: Parameters<typeof smallRoot>[0], replaced: readonly string[] = []) {
  const { root, sources } = await treeOf(smallRoot(changes));
  const [source] = sources;
  if (source === undefined) throw new Error('no archive');
  const draft = draftOf(root);
  const parts = { masked: ['apt-daily.timer'], configuration: '# mine\n', replaced };
  await adapt(draft, lookInto(root, source), parts);
  return { root, shown: await shownTree(root, [source, draft.texts()]) };
}

test('what lasts on a disk goes into the template of /var, with /usr/local', async (t) => {
  const { shown } = await adapted({
    'var/www/index.html': 'hello',
    'usr/local/bin/tool': { content: 'mine', mode: 0o755 },
    'var/cache/apt/pkgcache.bin': 'x',
  });
  t.is(shown[`${template}/www/index.html`], 'hello');
  t.is(shown[`${template}/local/bin/tool`], 'mine');
  t.is(shown['usr/local'], '-> /var/local');
  t.is(shown.var, '/');
  t.is(shown['var/www'], undefined);
  t.is(shown[`${template}/cache/apt`], undefined);
  t.is(shown[`${template}/lib/bhojpur/os/config.yaml`], '# mine\n');
});

test('what lies beside /usr and /etc is put back with every boot', async (t) => {
  const { shown } = await adapted({
    'opt/my app/run': 'app',
    'srv/data': 'data',
    'root/.bashrc': 'rc',
    'home/ops/.profile': { content: 'p', uid: 1001 },
    'app/50%': 'x',
    'tmp/x': 'x',
    'boot/grub/grub.cfg': 'x',
    'dev/null': { kind: 'character', device: [1, 3] },
  });
  t.deepEqual(shown['usr/lib/tmpfiles.d/bos-own.conf']?.trim().split('\n'), [
    'L "/app" - - - - /usr/lib/bhojpur/own/app',
    'C "/home/ops" - - - - /usr/lib/bhojpur/own/home/ops',
    'L "/opt/my app" - - - - /usr/lib/bhojpur/own/opt/my app',
    'C "/root/.bashrc" - - - - /usr/lib/bhojpur/own/root/.bashrc',
    'L "/srv/data" - - - - /usr/lib/bhojpur/own/srv/data',
  ]);
  t.is(shown['usr/lib/bhojpur/own/opt/my app/run'], 'app');
  t.is(shown['usr/lib/bhojpur/own/app/50%'], 'x');
  for (const gone of ['tmp', 'boot', 'dev', 'opt', 'app', 'home']) t.is(shown[gone], undefined, gone);
});

test('what tells machines apart, and the parts of the kernel, are gone', async (t) => {
  const { shown } = await adapted({
    'etc/ssh/ssh_host_ed25519_key': 'secret',
    'etc/ssh/sshd_config': 'mine',
    'etc/hostname': 'builder',
    'etc/machine-id': '0123',
    'var/lib/systemd/random-seed': 'x',
    'usr/lib/firmware/a.bin': 'x',
  });
  t.is(shown['etc/ssh/ssh_host_ed25519_key'], undefined);
  t.is(shown['etc/ssh/sshd_config'], 'mine');
  t.is(shown['etc/hostname'], undefined);
  t.is(shown['etc/machine-id'], '');
  t.is(shown['usr/lib/firmware'], '/');
  t.is(shown['usr/lib/firmware/a.bin'], undefined);
  t.is(shown[`usr/lib/modules/${release}`], undefined);
  t.is(shown['usr/lib/modules'], '/');
});

test('the user of a node, whose password is locked; owner and mode of the files stay', async (t) => {
  const { root, shown } = await adapted({});
  t.regex(shown['etc/passwd'] ?? '', /^bhojpur:x:1000:1000::\/home\/bhojpur:\/bin\/bash$/m);
  t.regex(shown['etc/shadow'] ?? '', /^bhojpur:!:19000:/m);
  t.regex(shown['etc/group'] ?? '', /^sudo:x:27:admin,bhojpur$/m);
  t.regex(shown['etc/sudoers.d/bhojpur'] ?? '', /NOPASSWD/);
  const etc = root.children?.get('etc')?.children;
  t.deepEqual([etc?.get('shadow')?.details.mode, etc?.get('shadow')?.details.gid], [0o640, 42]);
  t.is(etc?.get('sudoers.d')?.children?.get('bhojpur')?.details.mode, 0o440);
});

test('the units that a node needs are on, and those that would hurt it are off', async (t) => {
  const { shown } = await adapted({ 'etc/systemd/system/ssh.service': '->/dev/null' });
  const folder = 'etc/systemd/system';
  t.is(shown[`${folder}/ssh.service`], undefined);
  t.is(shown[`${folder}/multi-user.target.wants/ssh.service`], '-> /usr/lib/systemd/system/ssh.service');
  for (const unit of ['apt-daily.timer', 'NetworkManager.service', 'systemd-networkd.socket'])
    t.is(shown[`${folder}/${unit}`], '-> /dev/null', unit);
  t.is(shown['etc/resolv.conf'], '-> /run/connman/resolv.conf');
});

test('what is laid over it finds no folder in its way; what is read of it before is kept', async (t) => {
  const { shown } = await adapted({ 'etc/issue.d/x': '1', 'usr/share/doc/one/copyright': 'free' }, [
    'etc/issue.d',
    'var/lib/dpkg/status',
    'usr/lib/dpkg/status',
  ]);
  t.is(shown['etc/issue.d'], undefined);
  t.is(shown['usr/lib/dpkg/status'], 'Package: one\nStatus: install ok installed\nVersion: 1\n');
  t.is(shown['usr/share/bhojpur/licenses/one/copyright'], 'free');
});

test('a text is written in the place of a link, never where it leads', async (t) => {
  const { shown } = await adapted({
    'etc/shadow': '->../usr/lib/elsewhere',
    'usr/lib/elsewhere': 'theirs',
    'etc/sudoers.d': '->/usr/lib/systemd',
  });
  t.is(shown['usr/lib/elsewhere'], 'theirs');
  t.is(shown['usr/lib/systemd/bhojpur'], undefined);
  t.regex(shown['etc/shadow'] ?? '', /^bhojpur:!/m);
});

test('accounts without shadow files, and a second time', (t) => {
  const once = withPerson({ passwd: '', shadow: '', group: '', gshadow: '' });
  t.is(once.group.trim(), 'bhojpur:x:1000:');
  t.deepEqual(withPerson(once), once);
});

test('the units of the first heading are those of every system', (t) => {
  t.deepEqual(unitsOfAll('# Units.\n#\n# Every.\na.service\nb.timer\n# Ours.\nc.mount\n'), [
    'a.service',
    'b.timer',
  ]);
});
