/** Settings of a finished image, changed in place: what is in force afterwards, how little is written, what is refused. */
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import type { Host } from '../../../src/host/ports.ts';
import { espOf, withDisk } from '../../../src/image/disk.ts';
import { type EditRequest, editImage } from '../../../src/image/edit/edit.ts';
import { watchUntouched } from '../../fakes/untouched.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { host, inForce, nothing, setUp } from './edit-support.ts';

test('arguments and the configuration change together, and back; nothing else is left', async (t) => {
  const { folder, image, edit, config } = await setUp(t);
  const old = await inForce(image);
  t.regex(old.args, / console=tty0 console=ttyS0,115200 gpt quiet$/);
  const made = await edit({
    menu: { append: ['a="b c"'], delete: ['quiet'], replace: [{ old: 'console=tty0', new: 'console=tty1' }] },
    config: config('two'),
  });
  t.is(made.lines, 3);
  const now = await inForce(image);
  t.regex(now.args, / console=tty1 console=ttyS0,115200 gpt 'a=b c'$/);
  t.is(now.config, readFileSync(config('two'), 'utf8'));
  t.is(now.before, readFileSync(config('one'), 'utf8'));
  t.deepEqual(readdirSync(folder).toSorted(), ['disk.img', 'one.yaml', 'two.yaml']);
  t.is(statSync(image).mode & 0o777, 0o600);
  await edit({ undo: true });
  t.like(await inForce(image), { args: old.args, config: old.config });
  // And forth: what was undone is what is before now.
  await edit({ undo: true });
  t.like(await inForce(image), { args: now.args, config: now.config });
  tool('fsck.fat', '-n', await partitionOf(t, image));
});

async function partitionOf(t: ExecutionContext, image: string): Promise<string> {
  const { offset, size } = await withDisk(host, image, 'r', (disk) => espOf(image, disk));
  const out = join(temporaryFolder(t), 'esp');
  tool(
    'dd',
    `if=${image}`,
    `of=${out}`,
    'bs=1M',
    `skip=${offset / 2 ** 20}`,
    `count=${size / 2 ** 20}`,
    'status=none',
  );
  return out;
}

test('what is not asked for stays: arguments without a configuration, and the other way round', async (t) => {
  const { image, edit, config } = await setUp(t);
  const old = await inForce(image);
  await edit({ menu: { ...nothing, append: ['x'] } });
  t.like(await inForce(image), { args: `${old.args} x`, config: old.config });
  await edit({ config: config('two') });
  t.like(await inForce(image), { args: `${old.args} x`, config: readFileSync(config('two'), 'utf8') });
});

test('at most 64 KiB are written, each to the room beside, and one sector last', async (t) => {
  const { edit, config } = await setUp(t);
  const writes: [number, number][] = [];
  const counting: Host = {
    ...host,
    files: Object.assign(Object.create(host.files), {
      open: async (path: string, flags: 'r' | 'r+' | 'w') => {
        const file = await host.files.open(path, flags);
        return Object.assign(Object.create(file), {
          write: async (offset: number, data: Uint8Array) => {
            writes.push([offset, data.length]);
            await file.write(offset, data);
          },
        });
      },
    }),
  };
  await edit({ menu: { ...nothing, append: ['x'] }, config: config('two') }, {}, counting);
  t.true(writes.reduce((sum, [, length]) => sum + length, 0) <= 64 * 1024);
  t.is(writes.at(-1)?.[1], 512);
});

test('a change that is cut off before its last write changes nothing', async (t) => {
  const { image, edit, config } = await setUp(t);
  const old = await inForce(image);
  for (let allowed = 0; ; allowed += 1) {
    let left = allowed;
    const cut: Host = {
      ...host,
      files: Object.assign(Object.create(host.files), {
        open: async (path: string, flags: 'r' | 'r+' | 'w') => {
          const file = await host.files.open(path, flags);
          return Object.assign(Object.create(file), {
            write: async (offset: number, data: Uint8Array) => {
              left -= 1;
              if (left < 0) throw Object.assign(new Error('EIO'), { code: 'EIO' });
              await file.write(offset, data);
            },
          });
        },
      }),
    };
    const ended = await edit({ menu: { ...nothing, append: ['x'] }, config: config('two') }, {}, cut).catch(
      (error: unknown) => error,
    );
    if (!(ended instanceof Error)) break;
    t.true(ended instanceof OpsError && ['undone', 'broken'].includes(ended.kind), String(ended));
    t.like(await inForce(image), { args: old.args, config: old.config }, `after ${allowed} writes`);
    if (allowed > 20) return t.fail('it never ended');
  }
  t.regex((await inForce(image)).args, / x$/);
});

test('what is refused changes nothing', async (t) => {
  const { folder, image, edit, config } = await setUp(t);
  const isUntouched = watchUntouched(image);
  const refuses = async (code: string, more: Partial<EditRequest>, kind = 'refused') => {
    const error = await t.throwsAsync(edit(more), { code, instanceOf: OpsError }, code);
    t.is(`${error?.kind}`, kind, code);
  };
  await refuses('edit-nothing', {}, 'usage');
  await refuses('nothing-to-undo', { undo: true });
  await refuses('karg-not-found', { menu: { ...nothing, delete: ['absent'] } });
  await refuses('karg-not-found', { menu: { ...nothing, replace: [{ old: 'absent', new: 'x' }] } });
  writeFileSync(config('bad'), 'hostnam: x\nbos: {password: 1\n');
  await refuses('config-invalid', { config: config('bad') }, 'usage');
  writeFileSync(config('nobody'), 'hostname: x\n');
  await refuses('no-login', { config: config('nobody') });
  writeFileSync(config('large'), `hostname: x\nbos: {password: hush-hush}\n#${'x'.repeat(300_000)}\n`);
  await refuses('settings-too-large', { config: config('large') });
  await refuses('image-unreadable', { image: join(folder, 'none.img'), config: config('two') });
  writeFileSync(join(folder, 'other.img'), Buffer.alloc(2 ** 20));
  await refuses('image-not-ours', { image: join(folder, 'other.img'), config: config('two') });
  t.true(isUntouched());
  const made = await edit({ config: config('two') }, { dryRun: true });
  t.is(made.plan.steps.length, 1);
  t.true(isUntouched(), 'a dry run writes nothing');
  t.deepEqual(
    readdirSync(folder).filter((name) => !/\.(img|yaml)$/.test(name)),
    [],
  );
});

test('one process at a time changes an image, and none while it is attached to a loop device', async (t) => {
  const image = join(temporaryFolder(t), 'disk.img');
  writeFileSync(image, Buffer.alloc(2 ** 20));
  const request = { image, menu: nothing, undo: true, allowNoLogin: false };
  const change = (by: Host) =>
    editImage(by, request, { emit: () => {}, signal: new AbortController().signal, dryRun: false });
  const attached: Host = {
    ...host,
    files: Object.assign(Object.create(host.files), {
      list: async (path: string) => (path === '/sys/block' ? ['loop3'] : host.files.list(path)),
      readText: async (path: string) =>
        path === '/sys/block/loop3/loop/backing_file' ? `${image}\n` : host.files.readText(path),
    }),
  };
  await t.throwsAsync(change(attached), { code: 'image-in-use' });
  symlinkSync((await host.processes.identify(1)) ?? '', `${image}.opsctl-lock`);
  await t.throwsAsync(change(host), { code: 'image-busy' });
});
