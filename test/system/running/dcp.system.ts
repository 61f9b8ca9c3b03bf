/** DCP in a live system, with a stand-in on the medium that writes down how it was started. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '../../../src/vm/session.ts';
import { bootLimit, ok, pxeSet } from '../support/boots.ts';
import { addToInitrd, dcpEntries } from '../support/initrd-files.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 2;

const standIn = readFileSync(new URL('./dcp-stand-in.sh', import.meta.url), 'utf8');

async function start(t: SystemContext): Promise<Session> {
  // The PXE initrd is the medium; a further archive behind it adds to it.
  const kernel = await addToInitrd(t.host, pxeSet(t), join(t.folder, 'initrd'), dcpEntries(standIn));
  const session = await t.start({ memory: 640, kernel });
  await session.login('bhojpur', bootLimit);
  return session;
}

/** Waits until DCP was started with arguments that begin like this. */
const awaitStart = (session: Session, beginning: string) =>
  ok(
    session,
    `timeout 60 sh -c 'until grep -qs "^${beginning}" /run/dcp-arguments; do sleep 0.5; done'`,
    70_000,
  );

async function startedWith(session: Session): Promise<string[]> {
  const text = await ok(session, 'cat /run/dcp-arguments.b64');
  return text
    .split(/\r?\n/)
    .slice(0, -1)
    .map((line) => Buffer.from(line, 'base64').toString('utf8'));
}

/** What a unit file could change: quotes, specifiers, variables, separators, nothing at all. */
const awkward = ['server', '--a=b c', '', ';', '%n %%', '$HOME ${HOME}', '\\n"\'', 'ü\tx\ny', '#'];

export const tests: SystemTest[] = [
  {
    name: 'live mode starts DCP as a single node, and kubectl works for bhojpur',
    seconds: 70,
    run: async (t) => {
      const session = await start(t);
      await awaitStart(session, 'server ');
      assert.match(
        await ok(session, 'cat /run/dcp-arguments; systemctl is-active dcp'),
        /^server --write-kubeconfig=\S+ --write-kubeconfig-mode=0640 .*--node-label=bhojpur\.net\/mode=live.*\s+active\s*$/s,
      );
      assert.match(await ok(session, 'kubectl get nodes'), /who: the stand-in\s+asked for: get nodes/);
      assert.match(await ok(session, 'sudo cat /var/lib/bhojpur/node/password'), /a-password/);
      // It routes for its containers and has its own address and route from the network's router, all the same.
      assert.match(
        await ok(session, 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding'),
        /^1\s+1\s*$/,
      );
      await ok(
        session,
        `timeout 40 sh -c 'until ip -6 -o addr show dynamic | grep -q " fec0::"; do sleep 1; done'`,
        50_000,
      );
      await ok(session, 'ip -6 route show default | grep -q "via fe80::2 .*proto ra"');
      // The runtime phase finds everything as the boot phase left it.
      const pid = 'systemctl show -P MainPID dcp';
      const before = await ok(session, pid);
      await ok(session, 'sudo systemctl start bos-config; sudo opsctl config', 120_000);
      assert.equal(await ok(session, pid), before);

      await session.run('sudo rm /run/dcp-arguments');
      session.type('sudo opsctl install\r');
      await session.awaitText(/What would you like to do/);
      session.type('2\r');
      await session.awaitText(/What should this system be/);
      session.type('2\r');
      await session.awaitText(/Server URL/);
      session.type('https://192.0.2.1:6443\r');
      await session.awaitText(/Ctrl-T/);
      session.type('secret-of-many\r');
      await session.awaitText(/token: \(hidden\)/);
      await session.awaitText(/Write it and apply it/);
      session.type('y\r');
      await session.awaitText(/DCP starts as an agent of https:\/\/192\.0\.2\.1:6443\./);
      await session.awaitText(/bhojpur@\S+\$ /);
      await awaitStart(session, 'agent ');
      const environment = await ok(session, 'cat /run/dcp-environment');
      assert.match(environment, /^DCP_CLUSTER_SECRET=secret-of-many\r?$/m);
      assert.match(environment, /^K3S_URL=https:\/\/192\.0\.2\.1:6443\r?$/m);
      assert.match(
        await ok(session, 'sudo stat -c %a /etc/bhojpur/dcp/dcp.env /var/lib/bhojpur/os/config.yaml'),
        /^600\s+600\s*$/,
      );
      // In brackets, so that grep does not find itself.
      await ok(session, "! sudo grep -alq 'secret-of-man[y]' /proc/[0-9]*/cmdline");

      const config = Buffer.from(JSON.stringify({ bos: { dcp_args: awkward } })).toString('base64');
      await ok(
        session,
        `sudo mkdir -p /var/lib/bhojpur/os/config.d && echo ${config} | base64 -d | sudo tee /var/lib/bhojpur/os/config.d/args > /dev/null`,
      );
      await ok(session, 'sudo opsctl config', 120_000);
      await awaitStart(session, 'server --a=b c ');
      assert.deepEqual((await startedWith(session)).slice(0, awkward.length), awkward);
    },
  },
];
