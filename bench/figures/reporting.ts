/** What it costs a node to tell its cluster nothing new: processor time, and requests that write. */
import { dirname, join } from 'node:path';
import { usualKubeconfigs } from '../../src/kubernetes/node/kubelet.ts';
import { kubeconfig, kubeletOf } from '../../test/kubernetes/api-server/kubeconfigs.ts';
import { node } from '../../test/kubernetes/api-server/objects.ts';
import { ApiServer } from '../../test/kubernetes/api-server/server.ts';
import type { Bench } from '../bench.ts';
import type { Figure, Measurement } from '../figure.ts';
import { bundleIsCurrent } from '../freshness.ts';
import { median, spread } from '../statistics.ts';
import { makeNode, otherSystem } from './upgrades/node.ts';

const rounds = 7;
/** Milliseconds of processor time a minute. */
const allowance = 30;
const figure = 'a node without news';
const timer = 'os/overlay/usr/lib/systemd/system/bos-report.timer';

export const reporting: Figure = {
  name: 'reporting',
  title: 'A node and its cluster',
  method: [
    `\`opsctl report\` of a node whose state the cluster knows, ${rounds} times after one time that tells it, by the bundle on the Node.js that ships, against the API server of the tests: processor time of the whole process (user and system), median, divided by the minutes between two runs of bos-report.timer.`,
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const bundle = join(bench.root, 'dist/opsctl-start.cjs');
    const asked = `at most ${allowance} ms of processor time a minute, 0 requests that write`;
    if (!(await bundleIsCurrent(bench))) {
      const measured = 'the bundle is older than the sources';
      return { rows: [{ figure, asked, measured }], raw: [measured] };
    }
    const { files, processes } = bench.host;
    const root = join(bench.folder, 'node');
    await makeNode(bench, root, await otherSystem(bench));
    const server = await new ApiServer().start();
    try {
      server.add(node('n1'));
      const path = join(root, usualKubeconfigs[0] ?? '');
      await files.makeDir(dirname(path));
      await files.write(path, kubeconfig(server, kubeletOf(server, 'n1')), { mode: 0o600 });
      const used: number[] = [];
      const report = async () => {
        // bash says what its children have used: user and system, in seconds.
        const script = 'TIMEFORMAT="%U %S"; time "$0" "$@"';
        const args = [process.execPath, bundle, 'report', '--destination', join(root, 'bos/system')];
        const { stderr } = await processes.run('bash', ['-c', script, ...args]);
        const [user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
        return (user + system) * 1000;
      };
      await report();
      const told = server.writes.length;
      for (let round = 0; round < rounds; round++) used.push(await report());
      const writes = server.writes.length - told;
      const [, pause = ''] =
        /^OnUnitInactiveSec=(\d+)min$/m.exec(await files.readText(join(bench.root, timer))) ?? [];
      const each = median(used) / Number(pause);
      const measured = `${each.toFixed(1)} ms a minute (${median(used).toFixed(0)} ms every ${pause} minutes), ${writes} requests that write`;
      return {
        rows: [{ figure, asked, measured, met: each <= allowance && writes === 0 && told === 1 }],
        raw: [`processor time: ${spread(used)}`, `load ${await bench.load()}`],
      };
    } finally {
      server.stop();
    }
  },
};
