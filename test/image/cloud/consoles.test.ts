/** On which consoles images for clouds show themselves: those of the provider, and the serial line of the architecture. */
import test from 'ava';
import { cloudNames, clouds } from '../../../src/image/cloud/clouds.ts';
import { consolesOf } from '../../../src/image/cloud/consoles.ts';

test('on amd64 they are those of the provider', (t) => {
  for (const name of cloudNames) t.deepEqual(consolesOf(name, 'amd64'), clouds[name].consoles, name);
});

test('on arm64 its own serial line stands beside that of a PC, and what came last still does', (t) => {
  t.deepEqual(consolesOf('aws', 'arm64'), ['tty0', 'ttyS0,115200n8', 'ttyAMA0,115200n8']);
  t.deepEqual(consolesOf('vsphere', 'arm64').at(-1), clouds.vsphere.consoles.at(-1));
});
