/** docs/cloud-images.md says what the table of clouds says, and has a part for each of them. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { cloudFormat, imageName } from '../../src/image/cloud/choose.ts';
import { type Cloud, cloudNames, clouds } from '../../src/image/cloud/clouds.ts';

const page = readFileSync(new URL('../../docs/cloud-images.md', import.meta.url), 'utf8');
const rows = new Map(
  [...page.matchAll(/^\| \[([a-z]+)\]\(#\1\) \| (.*) \|$/gm)].map(([, name = '', cells = '']) => [
    name,
    cells.split('|').map((cell) => cell.trim()),
  ]),
);
const forms = {
  raw: 'raw',
  qcow2: 'qcow2',
  vmdk: 'VMDK',
  vhd: 'fixed VHD',
  vhdx: 'VHDX',
  ova: 'OVA',
  gce: 'tar.gz',
};
const packed = { gz: ', gzip', xz: ', xz', zst: ', zstd' };

test('every cloud has a row and a part, and nothing else has', (t) => {
  t.deepEqual([...rows.keys()], cloudNames.toSorted());
  t.deepEqual(
    [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading),
    cloudNames.toSorted(),
  );
});

for (const name of cloudNames) {
  test(`${name}: its row is that of the table`, (t) => {
    const { format, compress, size, consoles, dataSources }: Cloud = clouds[name];
    const [file = '', sizes = '', console, sources] = rows.get(name) ?? [];
    t.true(file.startsWith(`${forms[format]}${compress === undefined ? '' : packed[compress]}`), file);
    t.is(console, consoles.at(-1) === 'tty0' ? 'screen' : 'serial');
    t.is(sources, dataSources.length === 0 ? 'none' : dataSources.map((each) => `\`${each}\``).join(', '));
    t.is(sizes.includes('whole GiB'), size.multiple === 2 ** 30);
    t.is(
      /at most (\d+) GB/.exec(sizes)?.[1],
      size.largest === undefined ? undefined : `${Math.round(size.largest / 1e9)}`,
    );
  });

  test(`${name}: its part makes the image and goes on with that file`, (t) => {
    const part = page.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? '';
    t.regex(part, new RegExp(`^opsctl image create --cloud ${name}( |$)`, 'm'));
    t.true(part.includes(imageName(name, { version: '0.1.0', arch: 'amd64' }, cloudFormat(name, {}))));
  });
}
