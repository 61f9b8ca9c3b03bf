/** Whether anybody could log in over ssh: what is known to be no way in, and what is not known. */
import test from 'ava';
import { noWayIn } from '../../../src/runtime/reach/way-in.ts';
import { fakeHost, type Tool } from '../../fakes/host.ts';

const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)} ann`;
interface Case {
  readonly sshd?: Tool;
  readonly settings?: string;
  readonly state?: string;
  readonly keys?: string;
  readonly hash?: string;
  readonly users?: string;
}

const look = ({ sshd, settings = '', state = 'active', keys = '', hash = '!', users }: Case) =>
  noWayIn(
    fakeHost({
      files: {
        '/etc/passwd': users ?? 'root:x:0:0::/root:/bin/sh\nbhojpur:x:1000:1000::/home/bhojpur:/bin/bash\n',
        '/etc/shadow': `root:*:1::::::\nbhojpur:${hash}:1::::::\n`,
        '/home/bhojpur/.ssh/authorized_keys': keys,
      },
      tools: {
        sshd: sshd ?? (() => `authorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2\n${settings}`),
        systemctl: () => `${state}\n`,
      },
    }),
    '/',
  );

const none = /^nobody can log in over ssh: bhojpur has neither a key nor a password that sshd takes$/;

test('no key and no password', async (t) => {
  t.regex((await look({})) ?? '', none);
  t.regex((await look({ keys: '# none\nssh-ed25519 AAAAcut\n' })) ?? '', none);
  // A password is of use only where sshd takes one.
  t.regex((await look({ hash: '$y$abc', settings: 'passwordauthentication no\n' })) ?? '', none);
  t.regex((await look({ hash: '!$y$abc', settings: 'passwordauthentication yes\n' })) ?? '', none);
});

test('a key, a password, or somebody who is known elsewhere', async (t) => {
  t.is(await look({ keys: `${key}\n` }), undefined);
  t.is(await look({ keys: `from="192.0.2.1" ${key}\n` }), undefined);
  t.is(await look({ hash: '$y$abc', settings: 'passwordauthentication yes\n' }), undefined);
  t.is(await look({ settings: 'authorizedkeyscommand /usr/bin/cloud\n' }), undefined);
  t.is(await look({ settings: 'trustedusercakeys /etc/ssh/ca.pub\n' }), undefined);
  t.is(await look({ sshd: () => 'authorizedkeysfile /etc/keys/%u\n' }), undefined);
  t.is(await look({ users: 'root:x:0:0::/root:/bin/sh\n' }), undefined);
});

test('sshd that does not start, and one that does not run', async (t) => {
  const broken = () => ({
    exitCode: 255,
    stderr: '/etc/ssh/sshd_config.d/x: line 1: Bad option: Nonsense\r\nx\r\n',
  });
  t.is(
    await look({ sshd: broken, keys: key }),
    'sshd refuses its configuration: /etc/ssh/sshd_config.d/x: line 1: Bad option: Nonsense',
  );
  t.is(await look({ state: 'failed', keys: key }), 'sshd does not run: ssh.service is failed');
  t.is(await look({ state: 'inactive', keys: key }), 'sshd does not run: ssh.service is inactive');
  for (const state of ['activating', 'active', 'reloading'])
    t.is(await look({ state, keys: key }), undefined);
});

test('where nothing can be asked, nothing is known', async (t) => {
  t.is(await noWayIn(fakeHost(), '/'), undefined);
});
