/** The boot environment of a system that a tarball has brought: made once for each unpacking, and for everybody to read. */
import test from 'ava';
import { boardKernel } from '../../../src/boot/deployment.ts';
import { parseBootEnvironment, stateEnvironmentPath } from '../../../src/boot/environment.ts';
import { statePath } from '../../../src/boot/installed-environment.ts';
import { overlayFiles } from '../../../src/media/overlay.ts';
import { adoptOverlay } from '../../../src/runtime/boot/adopt-overlay.ts';
import { fakeRoot } from '../fake-root.ts';

const boot = {
  ...{ mode: 'disk', state: '', esp: '', kernel: '6.1', os: '0.2.0', dcp: '', ephemeral: false, try: '' },
};
const path = `${statePath}/${stateEnvironmentPath}`;
const unpackedPath = `${statePath}/${overlayFiles.unpacked}`;

test('made by the first boot, whole under its name, and made anew when another tarball is unpacked', async (t) => {
  const fake = await fakeRoot(t);
  await fake.write(unpackedPath, 'one\n');
  await adoptOverlay(fake.host, fake.root, boot);
  const { mark, kernel, os, dcp, stateUuid } = parseBootEnvironment(Buffer.from(await fake.read(path)));
  t.like({ mark, kernel, os, dcp, stateUuid }, { mark: 'valid', kernel: '6.1', os: '0.2.0' });
  t.is(stateUuid, boardKernel);
  t.is(await fake.mode(path), '644');
  t.is(await fake.mode(path.replace(/\/[^/]*$/, '')), '755');
  t.deepEqual(
    fake.effects.filter((line) => line.includes(path.replace(/\/[^/]*$/, ''))),
    [`mkdir ROOT${path.replace(/\/[^/]*$/, '')} 0755`, `replace ROOT${path} 0644`],
  );

  fake.effects.length = 0;
  await adoptOverlay(fake.host, fake.root, { ...boot, os: '0.3.0' });
  t.deepEqual(fake.effects, [], 'an upgrade has the last word on what starts');
  await fake.write(unpackedPath, 'two\n');
  await adoptOverlay(fake.host, fake.root, { ...boot, os: '0.3.0' });
  t.is(parseBootEnvironment(Buffer.from(await fake.read(path))).os, '0.3.0');
});
