/** New host keys, as ssh-keygen reads them. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type HostKey, hostKeyOf, newHostKey } from '../../../src/runtime/boot/host-key.ts';
import { temporaryFolder } from '../../formats/support.ts';

/** ssh-keygen finds the same public key in the private one, and a signature by it is good. */
function isGood(t: ExecutionContext, key: HostKey): void {
  const folder = temporaryFolder(t);
  const [path, signers] = [join(folder, 'key'), join(folder, 'signers')];
  const keygen = (args: readonly string[], input = '') =>
    execFileSync('ssh-keygen', args, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'ignore'] });
  writeFileSync(path, key.private, { mode: 0o600 });
  t.is(keygen(['-y', '-f', path]).trim(), key.public.trim());
  writeFileSync(signers, `host ${key.public}`);
  writeFileSync(`${path}.sig`, keygen(['-Y', 'sign', '-n', 'file', '-f', path], 'text'));
  const verify = ['-Y', 'verify', '-n', 'file', '-f', signers, '-I', 'host', '-s', `${path}.sig`];
  t.regex(keygen(verify, 'text'), /^Good "file" signature/);
}

for (const type of ['ed25519', 'ecdsa'] as const)
  test(`${type}: as ssh-keygen writes it, and each time another one`, (t) => {
    const [one, other] = [newHostKey(type), newHostKey(type)];
    t.notDeepEqual(one, other);
    isGood(t, one);
    const path = join(temporaryFolder(t), 'key');
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', path]);
    const theirs = readFileSync(path, 'utf8').split('\n');
    const ours = one.private.split('\n');
    t.is(ours[0], theirs[0]);
    t.is(ours[1]?.length, theirs[1]?.length);
    t.is(ours[1]?.slice(0, 40), theirs[1]?.slice(0, 40));
    t.deepEqual(ours.slice(-2), theirs.slice(-2));
    t.regex(one.public, /^\S+ \S+\n$/);
  });

const first = (value: string | undefined) => Buffer.from(value ?? '', 'base64url')[0] ?? 0;
const numbers: Readonly<Record<string, (key: JsonWebKey) => boolean>> = {
  'a secret that begins with a zero byte': ({ d }) => first(d) === 0,
  'a secret whose first bit is set': ({ d }) => first(d) >= 0x80,
  'a secret whose first bit is not set': ({ d }) => first(d) > 0 && first(d) < 0x80,
  'coordinates that begin with a zero byte': ({ x, y }) => first(x) === 0 || first(y) === 0,
};
for (const [name, isMeant] of Object.entries(numbers))
  test(`ecdsa: ${name}`, (t) => {
    for (;;) {
      const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
      if (!isMeant(key)) continue;
      isGood(t, hostKeyOf(key));
      return;
    }
  });
