/**
 * The datastore of DCP, kept and set back: a node with a stand-in for DCP starts another one on trial, whose health check
 * fails. What the newer one has written is put aside, and the older one finds what it had.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { createImage } from '../../../src/image/create/create.ts';
import type { Session } from '../../../src/vm/session.ts';
import { bootLimit, isoOn, ok, switchOff } from '../support/boots.ts';
import { partitionsOf } from '../support/disk-images.ts';
import { changeEnvironment, environmentOf } from '../support/image-environment.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 15;

const password = 'secret-of-the-datastore';
const login = { ...bootLimit, password };
const [older, newer] = ['v1.28.9', 'v1.29.4'];
const datastore = '/var/lib/bhojpur/dcp/server/db/state.db';

/** Notes in its datastore that it was there, and goes on. */
const standIn = (version: string) =>
  [
    '#!/bin/sh',
    `mkdir -p ${datastore.replace(/\/[^/]*$/, '')}`,
    `echo ${version} >> ${datastore}`,
    'exec sleep infinity',
    '',
  ].join('\n');

/** A disk with both, which starts the older one. */
async function disk(t: SystemContext): Promise<string> {
  const { files, processes } = t.host;
  const [output, config] = [join(t.folder, 'node.raw'), join(t.folder, 'config.yaml')];
  const health = [`! test -e /bos/system/dcp/${newer} || ! grep -q ${newer} /run/bos/boot.json`];
  const upgrade = { health, health_limit: '5' };
  await files.write(config, `${JSON.stringify({ bos: { password, upgrade } })}\n`);
  await createImage(
    t.host,
    {
      ...{ from: isoOn(t, 'cd').file, output, format: 'raw', config, append: [] },
      ...{ allowNoLogin: false, force: false, checksums: false },
    },
    { emit: () => {}, signal: new AbortController().signal },
  );
  const lines = ['mkdir bos/system/dcp'];
  for (const version of [older, newer]) {
    const program = join(t.folder, version);
    await files.write(program, standIn(version));
    const path = `bos/system/dcp/${version}`;
    lines.push(`mkdir ${path}`, `cd ${path}`, `write ${program} dcp`, 'sif dcp mode 0100755', 'cd /');
  }
  const commands = join(t.folder, 'commands');
  await files.write(commands, `${lines.join('\n')}\n`);
  const offset = ((await partitionsOf(output)).at(-1)?.firstLba ?? 0) * 512;
  await processes.run('debugfs', ['-w', '-f', commands, `${output}?offset=${offset}`]);
  await changeEnvironment(t.host, output, { bos_dcp: older });
  return output;
}

const starts = (t: SystemContext, file: string): Promise<Session> =>
  t.start({ firmware: 'bios', memory: 640, disks: [{ id: 'disk', file, bus: 'virtio', cache: 'unsafe' }] });

export const tests: SystemTest[] = [
  {
    name: 'another DCP on trial: its datastore is put aside, and the older one finds what it had',
    seconds: 140,
    soak: true,
    run: async (t) => {
      const file = await disk(t);
      const first = await starts(t, file);
      await first.login('bhojpur', login);
      const wrote = (version: string) =>
        `timeout 90 sh -c 'until sudo grep -qs ${version} ${datastore}; do sleep 0.5; done'`;
      await ok(first, wrote(older), 100_000);
      await ok(first, 'echo of the cluster | sudo tee -a /var/lib/bhojpur/dcp/server/db/more && sync');
      await switchOff(first);
      const { kernel, os } = await environmentOf(t.host, file);
      await changeEnvironment(t.host, file, {
        ...{ bos_previous_kernel: kernel, bos_previous_os: os, bos_previous_dcp: older },
        ...{ bos_dcp: newer, bos_tries: 'cpr' },
      });
      const session = await starts(t, file);
      await session.awaitText(/did not prove itself: back to/, bootLimit);
      await session.login('bhojpur', login);
      await ok(session, 'sudo timeout 90 sh -c "until test -e /run/bos/trial-ended; do sleep 0.2; done"');
      await ok(session, 'systemctl is-active dcp');
      const lines = await ok(session, `sudo cat ${datastore} /var/lib/bhojpur/dcp/server/db/more`);
      assert.match(lines, new RegExp(`^${older}\\s+${older}\\s+of the cluster\\s*$`));
      const status = JSON.parse(await ok(session, 'sudo opsctl status --json')) as {
        upgrades: { datastore?: { aside?: readonly { path: string }[] } };
      };
      t.log(JSON.stringify(status.upgrades.datastore));
      assert.match(
        await ok(session, 'sudo sh -c "cat /var/lib/bhojpur/dcp/server/bos-datastore/aside/*/state.db"'),
        new RegExp(`${older}[\\s\\S]*${newer}`),
      );
      await switchOff(session);
    },
  },
];
