/** Keys of ssh with which nobody could log in do not count as a way to do so. */
import test from 'ava';
import { hasLogin } from '../../../src/config/keys/login.ts';
import { checked } from './says.ts';

const ed25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
const ecdsa =
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBPpztdDPS5QQ+Ai0OD7i135pRI/VpNyVcZXxIlW6va6RbpuW1yyyB8FTSTOp+Rhbvnhgl0M7U1oUSASRuMOoYoU=';
const ecdsa521 =
  'ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBACUpEQhH7bdlnqU6AqbYLZYCfE2OT+jRbpeE50w01rKKOU4BF92h0QiubHD98/akeV3IdzGU4ezdzj21B2sJG01ewBkz9gvTNcuSEDXNwXUOkbxWzGsKrkxT77TDrrUw9wcK/HRAp2EnSNyZS4tfKiKE+9Xb3dzSQuSdYCvutgrIvZLwA==';
const rsa =
  'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDvnmomiPjvgeiz4NlrpZqQxCG+zOEZFWcwXuDzfh/OKzXPbZCxZ3OfkdBaf2BPbGlRKTCs0os566gnKJSG4g3m+L2CWWX5bcdC8qIwj6PSnh1AJnQbspA/dGHTbXZNKqO3EjEZjMqxud+Yfy70MhY3RphUH9Tr2+7WGe6ZnruShQ==';
/** With a modulus of 768 bits. */
const shortRsa = `ssh-rsa ${blobOf('ssh-rsa', Buffer.from([1, 0, 1]), Buffer.alloc(97, 0xff).fill(0, 0, 1))}`;

function blobOf(type: string, ...fields: readonly Uint8Array[]): string {
  const parts = [Buffer.from(type), ...fields].flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return Buffer.concat(parts).toString('base64');
}

const works = test.macro(async (t, key: string) => {
  const { config, said } = await checked(`ssh_authorized_keys: [${JSON.stringify(key)}]`);
  t.deepEqual(said, []);
  t.true(hasLogin(config));
});
test('ed25519', works, `${ed25519} me@home`);
test('ecdsa', works, ecdsa);
test('ecdsa, long', works, ecdsa521);
test('rsa', works, `${rsa} me`);
test(
  'with options, and a line end behind it',
  works,
  `from="10.0.0.0/8",command="echo ssh-rsa AAAA" ${ed25519} me\n`,
);
test(
  'of a security key',
  works,
  `sk-ssh-ed25519@openssh.com ${blobOf('sk-ssh-ed25519@openssh.com', Buffer.alloc(32, 1), Buffer.from('ssh:'))}`,
);

const fails = test.macro(async (t, text: string, said: RegExp) => {
  const found = await checked(text);
  t.is(found.said.length, 1, found.said.join('\n'));
  t.regex(found.said[0] ?? '', said);
  t.false(hasLogin(found.config));
});
const list = (key: string) => `ssh_authorized_keys: [${JSON.stringify(key)}]`;
test(
  'the beginning of a key',
  fails,
  list('ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB'),
  /parts of this one are missing$/,
);
test('cut off', fails, list(ed25519.slice(0, -10)), /this one is cut off/);
test(
  'broken across two lines',
  fails,
  `ssh_authorized_keys:\n- ${ed25519.slice(0, 50)}\n  ${ed25519.slice(50)} me\n`,
  /cut off: is there a blank/,
);
test(
  'three on one line',
  fails,
  list(`${ed25519} a ${rsa} b ${ecdsa}`),
  /found several on one line; write each/,
);
test(
  'the data of another type',
  fails,
  list(ed25519.replace('ed25519', 'rsa')),
  /of type ssh-rsa, found those of another$/,
);
test('too short for sshd', fails, list(shortRsa), /at least 1024 bits/);
test(
  'not taken any more',
  fails,
  list(`ssh-dss ${blobOf('ssh-dss', Buffer.alloc(128, 1))}`),
  /does not take ssh-dss/,
);

test('keys by lines in one string are a list', async (t) => {
  const { config, said } = await checked(`ssh_authorized_keys: |\n  ${ed25519} a\n  ${rsa} b\n`);
  t.deepEqual(config.ssh_authorized_keys, [`${ed25519} a`, `${rsa} b`]);
  t.is(said.length, 1);
});
