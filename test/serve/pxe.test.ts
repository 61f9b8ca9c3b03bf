/** What machines boot over the network from, against the files that `opsctl pxe kit` writes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { writePxeKit } from '../../src/iso/pxe/kit.ts';
import { sameBytes, temporaryFolder } from '../formats/support.ts';
import { host } from '../iso/edit/edit-support.ts';
import { makeCasper, makeOurs } from '../iso/media.ts';
import { testServer } from './support.ts';

const machine = `
config: {hostname: node1}
append_kargs: [console=ttyS1]
install: {device: /dev/vda}
mac: [52-54-00-12-34-56, "52:54:00:00:00:01"]
serial: ABC 123
`;

test('the files of a kit, by name, MAC address and serial number', async (t) => {
  const folder = temporaryFolder(t);
  const iso = makeOurs(folder);
  writeFileSync(join(folder, 'config.yaml'), '{hostname: node1}\n');
  const kit = join(folder, 'kit');
  const { files } = await writePxeKit(
    host,
    {
      ...{ from: iso, folder: kit, append: ['console=ttyS1'], loaders: [] },
      ...{ install: [{ name: 'device', value: '/dev/vda' }], config: join(folder, 'config.yaml') },
    },
    new AbortController().signal,
  );
  const server = await testServer(t, { bases: [iso], machines: { 'node1.yaml': machine } });
  const served = files.map(({ path }) => path).filter((path) => !path.includes('/'));
  t.is(served.length, 3);
  const places = ['node1', 'mac/52:54:00:12:34:56', 'mac/52-54-00-00-00-01', 'serial/ABC%20123'];
  for (const path of served)
    for (const place of places) {
      const { status, body, headers } = await server.get(`/pxe/${place}/${path}`);
      t.is(status, 200);
      t.is(headers['content-length'], `${body.length}`);
      sameBytes(t, body, readFileSync(join(kit, path)), path);
    }
  const whole = readFileSync(join(kit, 'bos-initrd-amd64'));
  for (const [first, last] of [
    [0, 0],
    [29_990, 30_700],
    [whole.length - 700, whole.length - 1],
  ] as const) {
    const { body } = await server.get('/pxe/node1/bos-initrd-amd64', { range: `bytes=${first}-${last}` });
    sameBytes(t, body, whole.subarray(first, last + 1));
  }
  for (const path of [
    'node1/other',
    'mac/52:54:00:99:99:99/boot.ipxe',
    'serial/ABC/boot.ipxe',
    'node1/',
    'node1/../node1/boot.ipxe',
  ])
    t.is((await server.get(`/pxe/${path}`)).status, 404, path);
});

test('a token closes these, too, and an ISO of another system has none of it', async (t) => {
  const folder = temporaryFolder(t);
  const token = 'a-token-that-nobody-guesses';
  const server = await testServer(t, {
    bases: [makeOurs(folder), makeCasper(folder)],
    machines: { 'a.yaml': `token: ${token}\nonce: true\nserial: S1\n`, 'b.yaml': 'base: casper.iso\n' },
  });
  for (const place of ['a', 'serial/S1']) t.is((await server.get(`/pxe/${place}/boot.ipxe`)).status, 404);
  const at = `/t/${token}/pxe/serial/S1`;
  t.is((await server.get(`${at}/boot.ipxe`)).status, 200);
  // What has the configuration in it is given out once, in whichever form.
  t.is((await server.get(`${at}/bos-initrd-amd64`)).status, 200);
  t.is((await server.get(`/t/${token}/iso/a.iso`)).status, 410);
  t.is((await server.get(`${at}/bos-vmlinuz-amd64`)).status, 200);
  const other = await server.get('/pxe/b/boot.ipxe');
  t.is(other.status, 500);
  t.regex(other.body.toString(), /^casper\.iso is not a Bhojpur OS ISO/);
});

test('two machines with one MAC address: neither is guessed, and a token says which', async (t) => {
  const [token, other] = ['a-token-that-nobody-guesses', 'another-token-of-that-kind'];
  const mac = '52:54:00:00:00:01';
  const server = await testServer(t, {
    bases: [makeOurs(temporaryFolder(t))],
    machines: {
      'a.yaml': `mac: "${mac}"\nappend_kargs: [is=a]\n`,
      'b.yaml': `mac: "${mac}"\ntoken: ${token}\nappend_kargs: [is=b]\n`,
    },
  });
  const script = (place: string) => server.get(`${place}/boot.ipxe`);
  t.regex((await script(`/pxe/mac/${mac}`)).body.toString(), / is=a\n/);
  t.regex((await script(`/t/${token}/pxe/mac/${mac}`)).body.toString(), / is=b\n/);
  server.write({ 'c.yaml': `mac: "${mac}"\n`, 'd.yaml': `mac: "${mac}"\ntoken: ${other}\n` });
  const { status, body } = await script(`/pxe/mac/${mac}`);
  t.is(status, 500);
  t.is(body.toString(), `2 machines have the MAC address ${mac}\n  a, c\nGive it to one of them only.\n`);
  t.is((await script('/pxe/c')).status, 200);
  t.is((await script(`/t/${other}/pxe/mac/${mac}`)).status, 200);
  t.is((await script(`/t/${other}x/pxe/mac/${mac}`)).status, 404);
  const { machines } = JSON.parse((await server.get('/machines.json')).body.toString());
  t.like(machines[0], {
    ...{ name: 'a', served: true },
    faults: [`a: mac: ${mac} is also that of b, c, d; give it to one machine only`],
  });
  server.write({ 'c.yaml': 'serial: S\n' });
  t.is((await script(`/pxe/mac/${mac}`)).status, 200);
  server.write({ 'c.yaml': 'serial: S\nonce: 3\n' });
  t.regex((await script('/pxe/serial/S')).body.toString(), /c\.yaml:2:7: once: expected true or false/);
});
