import { join } from 'node:path';
import test from 'ava';
import {
  renderDiskMenu,
  renderEspStub,
  renderImageMenu,
  renderMediumMenu,
} from '../../../src/boot/menus/menu.ts';
import {
  oldSystemEntry,
  renderEspRedirect,
  renderStateStub,
} from '../../../src/boot/menus/partition-menu.ts';
import { workstationHost } from '../../../src/host/workstation/index.ts';

const { files, processes } = workstationHost();
const words = [
  'console=tty0',
  'console=ttyS0,115200',
  'bos.sysctl[kernel.printk]=4 4 1 7',
  String.raw`bos.token=a\x27b$c`,
];

const configurations = {
  medium: renderMediumMenu({ version: '0.1.0', kernel: '6.1.0-40-amd64', arguments: words }),
  stub: renderEspStub(),
  disk: renderDiskMenu({ arguments: words }),
  'disk image': renderImageMenu({ arguments: words }, 2),
  redirect: renderEspRedirect('11111111-2222-4333-8444-555555555555'),
  'stub on the state': renderStateStub(),
  'the system from before': oldSystemEntry({
    ...{ id: 'before', title: 'What this disk started before', path: 'bos/system/grub/boot-sector.old' },
  }),
};

for (const [name, text] of Object.entries(configurations)) {
  test(`${name}: as it was when it last booted`, (t) => t.snapshot(text));

  test(`${name}: loads no module and is plain ASCII`, (t) => {
    t.false(/\binsmod\b/.test(text));
    t.regex(text, /^[\x20-\x7e\n]*$/);
  });

  test(`${name}: GRUB's own checker accepts it`, async (t) => {
    const folder = await files.makeTempDir('bos-menu-');
    t.teardown(() => files.remove(folder));
    const path = join(folder, 'grub.cfg');
    await files.write(path, text);
    const { exitCode } = await processes.run('grub-script-check', [path], { okCodes: [0, 1] });
    t.is(exitCode, 0);
    await files.write(path, text.replace('fi\n', '\n'));
    await t.throwsAsync(processes.run('grub-script-check', [path]));
  });
}

test('the default entry and the timeout can be set', (t) => {
  const text = renderMediumMenu({ version: '1', kernel: 'k', arguments: [], default: 'install', timeout: 0 });
  t.regex(text, /^set default=install$/m);
  t.regex(text, /^set timeout=0$/m);
});

test('an argument that GRUB would change is refused', (t) => {
  t.throws(() => renderDiskMenu({ arguments: ['dyndbg="x'] }), {
    code: 'argument-not-for-grub',
  });
});
