/** Logins as a real journalctl reads them behind a cursor: what was seen once is not seen again. */
import test from 'ava';
import { watchLogins } from '../../../src/runtime/reach/ssh-login.ts';
import { fakeHost } from '../../fakes/host.ts';

const login = (who: string) =>
  `Accepted publickey for ${who} from 192.0.2.7 port 50412 ssh2: ED25519 SHA256:abc`;

/**
 * A journal with a cursor, as journalctl keeps it: at the last line that was shown. Behind it the first line that fits is
 * passed over, whatever it is (systemd 252, journalctl.c: sd_journal_next_skip). Lines of the kernel are not sshd's.
 */
function machine() {
  const lines: string[] = [];
  const host = fakeHost();
  host.tools.set('journalctl', async (args) => {
    const file = args.find((arg) => arg.startsWith('--cursor-file='))?.slice('--cursor-file='.length) ?? '';
    const known = await host.files.exists(file);
    const from = known ? Number(await host.files.readText(file)) : 0;
    const fits = (line: string) => !args.includes('_COMM=sshd') || !line.startsWith('kernel');
    const fitting = [...lines.entries()].filter(([index, line]) => index >= from && fits(line));
    const shown = fitting.slice(args.includes('--lines=1') ? -1 : known ? 1 : 0);
    const [last] = shown.at(-1) ?? [];
    if (last !== undefined) {
      await host.files.makeDir('/run/bos');
      await host.files.write(file, `${last}`);
    }
    return `${shown.map(([, line]) => line).join('\n')}\n`;
  });
  return { host, lines };
}

test('each look reads what is new; the first one what there is since the boot', async (t) => {
  const { host, lines } = machine();
  lines.push('Server listening', login('ann'));
  const watch = await watchLogins(host, '/', '/run/bos/cursor');
  t.is(await watch.look(), 'a login of ann over ssh from 192.0.2.7');
  t.is(await watch.look(), undefined);
  lines.push('Failed password for root from 198.51.100.9 port 4 ssh2', login('bob'));
  t.is(await watch.look(), 'a login of bob over ssh from 192.0.2.7');
  t.true(host.ran.every((line) => !/--lines|-n /.test(line)));
  // Another watch of the same boot sees them all again.
  t.regex((await (await watchLogins(host, '/', '/run/bos/cursor')).look()) ?? '', /ann/);
});

test('a fresh watch does not see who was here before', async (t) => {
  const { host, lines } = machine();
  lines.push(login('ann'), 'kernel: eth0: link is up');
  const watch = await watchLogins(host, '/', '/run/bos/cursor', { fresh: true });
  t.is(await watch.look(), undefined);
  lines.push('kernel: something else', login('bob'));
  t.regex((await watch.look()) ?? '', /bob/);
});

test('a fresh watch on a machine that nobody has logged in to', async (t) => {
  const { host, lines } = machine();
  lines.push('kernel: eth0: link is up');
  const watch = await watchLogins(host, '/', '/run/bos/cursor', { fresh: true });
  t.is(await watch.look(), undefined);
  lines.push(login('bob'));
  t.regex((await watch.look()) ?? '', /bob/);
});

test('a journal that cannot be read once loses nothing', async (t) => {
  const { host, lines } = machine();
  const tool = host.tools.get('journalctl');
  const watch = await watchLogins(host, '/', '/run/bos/cursor');
  lines.push(login('ann'));
  host.tools.set('journalctl', () => ({ exitCode: 5 }));
  t.is(await watch.look(), undefined);
  if (tool) host.tools.set('journalctl', tool);
  t.regex((await watch.look()) ?? '', /ann/);
});
