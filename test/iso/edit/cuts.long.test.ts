import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import type { Host, OpenFile } from '../../../src/host/ports.ts';
import { undoRemaster } from '../../../src/iso/remaster.ts';
import type { Maker } from '../../formats/iso9660/images.ts';
import { temporaryFolder } from '../../formats/support.ts';
import { change, copyOf, digestOf, host, imageBy } from './edit-support.ts';

class Cut extends Error {}

/**
 * The real machine until the call `last` that changes something: of that call's bytes only `part` (0 to 1) arrive, and
 * nothing works from then on, as after a kill or with the power gone. `count` tells how many calls there were.
 */
function cutAt(last: number, part: number): { host: Host; count: () => number } {
  let calls = 0;
  let dead = false;
  const turn = (): boolean => {
    if (dead) throw new Cut();
    calls += 1;
    return calls > last;
  };
  const die = (): never => {
    dead = true;
    throw new Cut();
  };
  const watched = (file: OpenFile): OpenFile => ({
    ...file,
    get size() {
      return file.size;
    },
    write: async (offset, data) => {
      if (!turn()) return file.write(offset, data);
      await file.write(offset, data.subarray(0, Math.floor((data.length * part) / 512) * 512));
      return die();
    },
    sync: async () => (turn() ? die() : file.sync()),
  });
  const files: Host['files'] = {
    ...host.files,
    open: async (path, flags) => watched(await host.files.open(path, flags)),
    writeAtomic: async (...args) => (turn() ? die() : host.files.writeAtomic(...args)),
    resize: async (...args) => (turn() ? die() : host.files.resize(...args)),
    remove: async (path) => {
      // The lock of a process that is gone counts for nothing; this one goes on.
      if (path.endsWith('.opsctl-lock')) return host.files.remove(path);
      return turn() ? die() : host.files.remove(path);
    },
  };
  return { host: { ...host, files }, count: () => calls };
}

interface Files {
  readonly menu: string | undefined;
  readonly config: string | undefined;
}

/** What a boot would read, without anything having been put in order. */
async function seen(path: string): Promise<Files> {
  const iso = await openIso(fromBytes(readFileSync(path)));
  const text = async (name: string) =>
    (await iso.stat(name)) === undefined
      ? undefined
      : // A menu of one sector may have empty lines at its end for a moment.
        Buffer.from(await iso.readFile(name))
          .toString()
          .trimEnd();
  return { menu: await text('boot/grub/grub.cfg'), config: await text('bos/system/config.yaml') };
}

const cuts = test.macro(
  async (t: ExecutionContext, maker: Maker, request: (folder: string) => Parameters<typeof change>[1]) => {
    const original = imageBy(t, maker);
    const asked = request(temporaryFolder(t));
    const before = await seen(original);
    const finished = copyOf(t, original);
    const whole = cutAt(Number.POSITIVE_INFINITY, 1);
    await change(finished, asked, { on: whole.host });
    const after = await seen(finished);
    t.notDeepEqual(before, after);
    const states = new Set<string>();
    for (let last = 0; last < whole.count(); last += 1) {
      const part = [0, 0.5, 1][last % 3] ?? 0;
      const iso = copyOf(t, original);
      await t.throwsAsync(change(iso, asked, { on: cutAt(last, part).host }), undefined, `call ${last}`);
      const now = await seen(iso);
      const state = JSON.stringify(now);
      t.true([JSON.stringify(before), JSON.stringify(after)].includes(state), `call ${last}: ${state}`);
      states.add(state);
      // Whoever comes next puts the start back, and the change can be made again.
      const journal = `${iso}.opsctl-undo`;
      const next = copyOf(t, iso);
      if (await host.files.exists(journal)) copyFileSync(journal, `${next}.opsctl-undo`);
      // Where the cut came after what counts, the change is there, and arguments would come twice.
      if (state === JSON.stringify(before)) {
        await change(next, asked);
        t.is(digestOf(next), digestOf(finished), `changed after call ${last}`);
      } else await change(next, { volumeId: 'NEXT' });
      await undoRemaster(host, next);
      t.is(digestOf(next), digestOf(original), `undone after a change after call ${last}`);
      if (await host.files.exists(journal)) {
        await undoRemaster(host, iso);
        t.is(digestOf(iso), digestOf(original), `undone after call ${last}`);
      } else t.is(digestOf(iso), digestOf(original), `untouched after call ${last}`);
      await change(iso, asked);
      t.is(digestOf(iso), digestOf(finished), `changed again after call ${last}`);
    }
    t.is(states.size, 2, 'cuts were before and after the change');
  },
);

const longer = { menu: { append: ['bos.test=1'] } };
const config = (folder: string) => {
  const file = join(folder, 'config.yaml');
  writeFileSync(file, 'hostname: box\n');
  return { ...longer, config: file };
};

test('kernel arguments where they are', cuts, 'xorriso with a partition of its own', () => ({
  ...longer,
  remove: ['isolinux/isolinux.cfg'],
}));
test('fewer kernel arguments where they are', cuts, 'grub-mkrescue', () => ({
  menu: { delete: ['quiet'] },
  method: 'same-room',
}));
test('more kernel arguments where they are', cuts, 'genisoimage', () => ({
  menu: { append: ['bos.test=1'], entry: 'One' },
}));
test('kernel arguments in one menu', cuts, 'grub-mkrescue', () => ({
  ...longer,
  entry: 'One',
  method: 'padding',
}));
test(
  'a configuration and kernel arguments together, in unused room',
  cuts,
  'xorriso, hybrid with Joliet',
  config,
);
test('a configuration and kernel arguments together, behind the end', cuts, 'grub-mkrescue', (folder) => ({
  ...config(folder),
  method: 'append',
}));

test('a cut in the second change gives the first one back', async (t) => {
  const original = imageBy(t, 'genisoimage');
  const first = copyOf(t, original);
  await change(first, longer);
  const rows = 12;
  for (let last = 0; last < rows; last += 1) {
    const iso = copyOf(t, original);
    await change(iso, longer);
    await change(iso, { volumeId: 'SECOND' }, { on: cutAt(last, 0.5).host }).catch(() => {});
    await change(iso, { volumeId: 'THIRD' });
    t.is((await openIso(fromBytes(readFileSync(iso)))).volumeId, 'THIRD');
    t.regex((await seen(iso)).menu ?? '', /bos\.test=1/);
    await undoRemaster(host, iso);
    t.is(digestOf(iso), digestOf(original));
  }
});

test('a full disk: the image is as it was', async (t) => {
  const original = imageBy(t, 'grub-mkrescue');
  for (let last = 1; last < 6; last += 1) {
    const iso = copyOf(t, original);
    let calls = 0;
    const full = (file: OpenFile): OpenFile => ({
      ...file,
      get size() {
        return file.size;
      },
      write: async (offset, data) => {
        calls += 1;
        if (calls === last)
          throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        return file.write(offset, data);
      },
    });
    const files = {
      ...host.files,
      open: async (...args: Parameters<Host['files']['open']>) => full(await host.files.open(...args)),
    };
    const error = await t.throwsAsync(
      change(iso, { ...longer, method: 'append' }, { on: { ...host, files } }),
      {
        instanceOf: OpsError,
        code: 'iso-write-failed',
      },
    );
    t.is((error as OpsError | undefined)?.kind, 'undone');
    t.is(digestOf(iso), digestOf(original));
    t.false(await host.files.exists(`${iso}.opsctl-undo`));
  }
});
