/** Installing from an ISO that lies elsewhere, in one live system booted once; the network is bad on purpose. */
import { strict as assert } from 'node:assert';
import { basename, join } from 'node:path';
import { sha256File } from '../../../src/host/digest.ts';
import { parseManifest } from '../../../src/media/manifest.ts';
import type { Session } from '../../../src/vm/session.ts';
import { type Behaviour, serveRanges } from '../../fakes/range-server.ts';
import {
  appears,
  bootLimit,
  diskFacts,
  ended,
  fails,
  isoOn,
  ok,
  pxeSet,
  switchOff,
  target,
} from '../support/boots.ts';
import { partitionsOf } from '../support/disk-images.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 4;

const live = 'live prompt, BIOS';
const MB = 1e6;
/** Of the installer beside what a bare Node.js has, in MiB: 70 were measured. */
const mostMemory = 80;
/** What an installation keeps of a medium: by the indexes the next version is fetched block by block. */
const systemFiles = [
  'initrd',
  'kernel.squashfs',
  'kernel.squashfs.blocks',
  'rootfs.squashfs',
  'rootfs.squashfs.blocks',
  'vmlinuz',
];

/** The ISO under test, as the guest reaches it on QEMU's user network. */
async function isoServer(t: SystemContext, behaviour: Behaviour) {
  const server = await serveRanges({ file: isoOn(t, 'cd').file }, behaviour);
  return { ...server, url: `http://10.0.2.2:${server.port}/bos.iso` };
}

async function plug(t: SystemContext, session: Session, id: string) {
  const file = await t.emptyDisk(`${id}.img`, 3e9 - (3e9 % 4096));
  await session.plug({ id, file, bus: 'virtio', serial: id, cache: 'unsafe' });
  await appears(session, `/dev/disk/by-id/virtio-${id}`);
  return { file, path: (await ok(session, `readlink -f /dev/disk/by-id/virtio-${id}`)).trim() };
}

/**
 * Installs and returns the most memory that the installer had at a time, beside what a bare Node.js has: both in MB,
 * as the kernel counts them (VmHWM, proc(5)).
 */
async function installWatched(t: SystemContext, session: Session, words: string) {
  const script = [
    `opsctl install ${words} > >(tee /tmp/said) 2>&1 & installer=$!;`,
    'while kill -0 $installer 2>/dev/null; do',
    'grep VmHWM /proc/$installer/status > /tmp/now 2>/dev/null && cp /tmp/now /tmp/peak; sleep 0.2; done;',
    'wait $installer; code=$?; wait; exit $code',
  ];
  const said = await ok(session, `sudo bash -c '${script.join(' ')}'`, 360_000);
  const bare = "require('fs').readFileSync('/proc/self/status', 'utf8').match(/VmHWM.*/)[0]";
  const peaks = await ok(session, `cat /tmp/peak; /usr/lib/bhojpur/node -p "${bare}"`);
  const [peak = 0, node = 0] = [...peaks.matchAll(/VmHWM:\s+(\d+) kB/g)].map(([, kB]) => Number(kB) / 1024);
  assert.ok(peak > node && node > 0, peaks);
  t.log(`peak memory: installer ${peak.toFixed(0)} MB, bare Node.js ${node.toFixed(0)} MB`);
  return { said, more: peak - node };
}

/** Reads every file of the manifest out of the image, without the kernel of the guest, and compares its digest. */
async function wholeSystem(t: SystemContext, file: string): Promise<void> {
  const [, , state] = await partitionsOf(file);
  assert.ok(state);
  const device = `${file}?offset=${state.firstLba * 512}`;
  const read = async (path: string) => {
    const copy = join(t.folder, 'copy');
    await t.host.processes.run('debugfs', ['-R', `dump ${path} ${copy}`, device]);
    return copy;
  };
  const text = await t.host.files.readText(await read('bos/system/manifest.json'));
  const { files } = parseManifest(text, file);
  assert.deepEqual(files.map(({ path }) => basename(path)).sort(), systemFiles);
  for (const { path, sha256 } of files)
    assert.equal(await sha256File(t.host.files, await read(path)), sha256, path);
}

const busy: NonNullable<Behaviour['first']> = (_, response, number) => {
  // The first and every seventh request meet a server that is busy.
  if (number % 7 !== 1) return false;
  response.writeHead(503).end();
  return true;
};

export const tests: SystemTest[] = [
  {
    name: 'install from an ISO over HTTP that is cut again and again, 512 MB',
    seconds: 75,
    // In `make test` a server that cuts is met in test/install/medium/iso.test.ts.
    soak: true,
    uses: [live],
    async run(t) {
      const session = await t.resume(join(t.fixture(live), 'state'));
      const disk = await plug(t, session, 'http');
      const server = await isoServer(t, { etag: '"1"', cutAfter: 40 * MB, first: busy });
      try {
        const none = server.url.replace('bos.iso', 'none.iso');
        await fails(
          session,
          `sudo opsctl install ${disk.path} ${none} --silent --insecure`,
          3,
          '404',
          'none.iso',
        );
        assert.equal((await diskFacts(session, disk.path)).content, 'empty');
        const words = `${disk.path} ${server.url} --silent --insecure --allow-no-login`;
        const { said, more } = await installWatched(t, session, words);
        assert.match(said, /from http:\/\/10\.0\.2\.2:\d+\/bos\.iso/);
        assert.match(said, /trying again in 1 s/);
        assert.match(said, /is installed on/);
        assert.ok(server.cut() > 2, 'it was cut');
        // Nothing is asked for twice: what was there is not fetched again.
        assert.ok(!server.asked.includes('/bos.iso'), 'by ranges alone');
        assert.ok(more <= mostMemory, `${more} MB more than a bare Node.js`);
      } finally {
        server.close();
      }
      await session.close();
      await wholeSystem(t, disk.file);
    },
  },
  {
    name: 'kernel and initrd alone install an ISO over HTTP, without ranges, with its digest; the disk boots',
    seconds: 150,
    soak: true,
    async run(t) {
      const disk = await target(t, 'virtio');
      const server = await isoServer(t, { ranges: false, cutAfter: 60 * MB, cuts: 1, first: busy });
      try {
        const sha256 = await sha256File(t.host.files, isoOn(t, 'cd').file);
        const words = [
          ...[
            'bos.mode=install',
            'bos.install.silent',
            'bos.install.device=/dev/vda',
            'bos.install.power_off',
          ],
          ...[`bos.install.iso_url=${server.url}`, `bos.install.iso_sha256=${sha256}`, 'bos.password=pass'],
        ];
        const session = await t.start({ memory: 768, disks: [disk], kernel: pxeSet(t, ...words) });
        await session.awaitText(/trying again in 1 s/, bootLimit);
        await session.awaitText(/is installed on/, { timeoutMs: 240_000 });
        await ended(session);
      } finally {
        server.close();
      }
      await wholeSystem(t, disk.file);
      const installed = await t.start({ memory: 512, disks: [disk] });
      await installed.login('bhojpur', { ...bootLimit, password: 'pass' });
      await switchOff(installed);
    },
  },
];
