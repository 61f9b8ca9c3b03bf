/** What the steps refuse before the first of them runs: files that are gone, loaders that the firmware refuses. */
import test from 'ava';
import { handlerOf } from '../../src/plan/plan.ts';
import { handlers, type Step } from '../../src/steps/index.ts';
import type { FakeSetup } from '../fakes/host.ts';
import { portableExecutable } from '../formats/executables/portable-executable.ts';
import { cases } from './cases.ts';
import { file, formatEsp } from './common-steps.ts';
import { contextOf } from './context.ts';
import { nothingChanged } from './promises.ts';

const efi = '/sys/firmware/efi/efivars';
/** A machine with Secure Boot that starts no GRUB below generation 5. */
const demanding = (secureBoot: number): Readonly<Record<string, string | Uint8Array>> => ({
  [`${efi}/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c`]: Buffer.of(6, 0, 0, 0, secureBoot),
  [`${efi}/SbatLevelRT-605dab50-e046-4300-abb6-3dd810dd8b23`]:
    '\x06\0\0\0sbat,1,2025051000\nshim,4\ngrub,5\n',
});
const loader = (generation: number) => portableExecutable(`sbat,1,x\ngrub,${generation},x\n`);

/** Of the case of this name on a machine that is set up so. */
async function preflight(name: string, setup: FakeSetup, step = cases[name]?.step) {
  const tested = cases[name];
  if (tested === undefined || step === undefined) throw new Error(`no case ${name}`);
  const { host, names } = tested.machine(setup);
  for (const path of missing(setup)) await host.files.remove(path);
  const context = contextOf(host, names);
  if (name === 'update-boot-loader') await handlerOf(handlers, formatEsp).run(formatEsp, context);
  const start = host.effects.length;
  const error = await handlerOf(handlers, step)
    .preflight?.(step, context)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  return { error, changed: nothingChanged({ run: host.effects.slice(start), verify: [] }) };
}

const gone = Buffer.alloc(0);
const missing = ({ files = {} }: FakeSetup) =>
  Object.entries(files).flatMap(([path, content]) => (content === gone ? [path] : []));

const sourceGone = test.macro({
  title: (_, name: string, path: string) => `${name} is refused without ${path}, or when it has another size`,
  exec: async (t, name: string, path: string) => {
    // Also where loaders are looked into: what is said first is what to do about it.
    const without = await preflight(name, { files: { ...demanding(1), [path]: gone } });
    t.like(without.error, { kind: 'refused', code: 'source-changed', message: `${path} is missing` });
    t.is(without.changed, undefined);
    const other = await preflight(name, { files: { [path]: 'x' } });
    t.like(other.error, { code: 'source-changed', message: `${path} is not the file planned with` });
    t.is((await preflight(name, {})).error, undefined);
  },
});
test(sourceGone, 'write-core', '/boot/core.img');
test(sourceGone, 'write-core: beside other systems', '/boot/core.img');
test(sourceGone, 'write-boot-sector', '/boot/boot.img');
test(sourceGone, 'write-esp-files', '/boot/boot.img');
test(sourceGone, 'update-boot-loader', '/boot/boot.img');
test(sourceGone, 'write-file', '/secret/config.yaml');
test(sourceGone, 'write-volume-tools', '/usr/sbin/lvm');

const revoked = test.macro({
  title: (_, name: string) => `${name} is refused with a loader that the firmware no longer starts`,
  exec: async (t, name: 'write-esp-files' | 'update-boot-loader') => {
    const path = '/boot/loader.efi';
    const tried = async (bytes: Uint8Array, secureBoot: number) => {
      const { step } = cases[name];
      const files = [{ path: 'EFI/BOOT/BOOTX64.EFI', content: file(path, bytes) }];
      const other = { ...step, files } as Step;
      return preflight(name, { files: { ...demanding(secureBoot), [path]: bytes } }, other);
    };
    const { error, changed } = await tried(loader(4), 1);
    t.like(error, { kind: 'refused', code: 'loader-revoked' });
    t.is(changed, undefined);
    t.is((await tried(loader(5), 1)).error, undefined);
    t.is((await tried(loader(4), 0)).error, undefined, 'Secure Boot is off');
    // Loaders from before SBAT data, and files that are not loaders, have no generation to compare.
    t.is((await tried(portableExecutable(), 1)).error, undefined);
  },
});
test(revoked, 'write-esp-files');
test(revoked, 'update-boot-loader');

test('boot sectors that start these sectors by now are seen before anything runs', async (t) => {
  const name = 'write-core: beside other systems';
  const { step, machine } = cases[name] as (typeof cases)['write-core'];
  const { host, names } = machine();
  const sector = Buffer.alloc(512);
  sector.write('GRUB \0Geom\0', 0x180, 'latin1');
  // The step writes sectors 1024 to 1026: those around them belong to nobody that it knows.
  for (const [lba, refused] of [
    [1023, false],
    [1024, true],
    [1026, true],
    [1027, false],
  ] as const) {
    sector.writeUInt32LE(lba, 0x5c);
    host.devices.get('/dev/vda')?.write(0, sector);
    const looked = handlerOf(handlers, step).preflight?.(step, contextOf(host, names));
    const code = await looked?.then(
      () => undefined,
      (error: unknown) => (error as { code?: string }).code,
    );
    t.is(code, refused ? 'boot-area-changed' : undefined, `${lba}`);
  }
});
