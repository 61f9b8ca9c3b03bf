/**
 * The template of packer/qemu as its page has it: an ISO that installs by itself, Debian's packer, and an image that boots.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256File } from '../../../src/host/digest.ts';
import { accelerator } from '../../../src/vm/accelerator.ts';
import { bootLimit, ok, switchOff } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';
import { remasteredIso } from '../support/remastered-iso.ts';

export const issue = 14;

const template = fileURLToPath(new URL('../../../packer/qemu', import.meta.url)).replace(/\/$/, '');
const password = 'secret-of-the-build';

/** The image that packer makes of the ISO, in the folder of the test. */
async function build(t: SystemContext, iso: string): Promise<string> {
  const output = join(t.folder, 'output');
  const variables = {
    ...{ iso, output, accelerator: await accelerator(t.host), format: 'raw', disk_size: '3G' },
    ...{ console_log: join(t.folder, 'console.log'), power_off_timeout: '6m' },
  };
  const words = Object.entries(variables).flatMap(([name, value]) => ['-var', `${name}=${value}`]);
  const started = t.host.clock.monotonic();
  const { exitCode, stdout } = await t.host.processes.run('packer', ['build', ...words, template], {
    cwd: t.folder,
    env: {
      HOME: t.folder,
      PACKER_CACHE_DIR: join(t.folder, 'cache'),
      CHECKPOINT_DISABLE: '1',
      PACKER_NO_COLOR: '1',
    },
    okCodes: [0, 1],
    timeoutMs: 10 * 60_000,
  });
  const said = async () => (await t.host.files.readText(variables.console_log).catch(() => '')).slice(-4000);
  assert.equal(exitCode, 0, `${stdout}\n${exitCode === 0 ? '' : await said()}`);
  t.log(`packer: ${Math.round((t.host.clock.monotonic() - started) / 1000)} s`);
  assert.match(await said(), /is installed on/);
  return join(output, 'bos.raw');
}

export const tests: SystemTest[] = [
  {
    name: 'packer builds an image by its qemu template, and the image boots',
    soak: true,
    seconds: 130,
    run: async (t) => {
      const sample = await t.host.files.readText(join(template, 'config.yaml'));
      const { iso } = await remasteredIso(t, `${sample}  password: ${password}\n`, {
        menu: { install: [{ name: 'power_off', value: undefined }] },
      });
      const image = await build(t, iso);
      const [sum] = (await t.host.files.readText(`${image}.sha256`)).split(/\s/);
      assert.equal(sum, await sha256File(t.host.files, image));
      const session = await t.start({
        firmware: 'bios',
        memory: 512,
        disks: [{ id: 'disk', file: image, bus: 'virtio', cache: 'unsafe' }],
      });
      await session.login('bhojpur', { ...bootLimit, password });
      t.log(`${session.mark('login')} ms to login`);
      assert.equal(JSON.parse(await ok(session, 'cat /run/bos/boot.json')).mode, 'disk');
      assert.match(await ok(session, 'sudo opsctl config get bos.data_sources'), /cdrom/);
      await switchOff(session);
    },
  },
];
