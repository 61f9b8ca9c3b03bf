/** A change of the network that is only tried: one that nobody survives comes back by itself, one by which somebody logs in stays. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { Session } from '../../../src/vm/session.ts';
import { fails, ok } from '../support/boots.ts';
import type { SystemTest } from '../support/machines.ts';
import { newKey, overSsh } from '../support/ssh.ts';

export const issue = 19;

const live = 'live prompt, BIOS';
const kept = '/var/lib/bhojpur/os/config.d/net.yaml';
/** Units may have to be started again. */
const patience = 200_000;

/** QEMU's own card, with a fixed address. */
const write = (session: Session, file: string, address: string, gateway: string) =>
  ok(
    session,
    `echo '{bos: {network: [{name: wan, mac: "52:54:00:12:34:56", addresses: [${address}/24], gateway4: ${gateway}}]}}' > /tmp/${file}`,
  );
const until = (condition: string, seconds: number): string =>
  `timeout ${seconds} sh -c 'until ${condition}; do sleep 0.5; done'`;
const addresses = (session: Session) => ok(session, 'ip -4 -o address show scope global');

export const tests: SystemTest[] = [
  {
    name: 'config try: a wrong network comes back by itself, and one by which somebody logs in is kept',
    seconds: 110,
    soak: true,
    uses: [live],
    async run(t) {
      const login = await newKey(t);
      const session = await t.resume(join(t.fixture(live), 'state'), {
        network: { isolated: false, sshPort: login.port, hub: [] },
      });
      await ok(
        session,
        `mkdir -p -m 700 ~/.ssh && echo '${login.publicKey}' > ~/.ssh/authorized_keys && chmod 600 ~/.ssh/authorized_keys`,
      );
      await overSsh(t, login, 'true');
      await write(session, 'bad.yaml', '10.9.9.9', '10.8.8.1');
      await fails(session, 'sudo opsctl config try /tmp/bad.yaml', 2, 'is outside of 10.9.9.9/24');
      assert.match(await addresses(session), / 10\.0\.2\.15\//);

      await write(session, 'net.yaml', '10.9.9.9', '10.9.9.1');
      await ok(session, 'sudo opsctl config try /tmp/net.yaml --for 30s', patience);
      // connman gives it a moment after it was told to.
      await ok(session, until('ip -4 -o address | grep -q " 10.9.9.9/"', 60), patience);
      await ok(session, until('ip -4 -o address | grep -q " 10.0.2.15/"', 150), patience);
      assert.doesNotMatch(await addresses(session), / 10\.9\.9\.9\//);
      await overSsh(t, login, 'true');
      await ok(session, until('! systemctl -q is-active bos-config-try', 60), patience);
      await fails(session, 'sudo opsctl config confirm', 3, 'No configuration is being tried', 'taken back');
      await ok(session, `test ! -e ${kept} && test ! -e /run/bos/try`);

      await write(session, 'net.yaml', '10.0.2.15', '10.0.2.2');
      await ok(session, 'sudo opsctl config try /tmp/net.yaml --for 5m', patience);
      await overSsh(t, login, 'true');
      await ok(session, until(`test -e ${kept}`, 60), patience);
      assert.match(await ok(session, 'ip -4 route show default'), /via 10\.0\.2\.2/);
      await fails(session, 'sudo opsctl config confirm', 3, 'No configuration is being tried');
      assert.equal((await ok(session, 'systemctl --failed --no-legend --plain')).trim(), '');
    },
  },
];
