/** Whether this user can build, and by what. */
import test from 'ava';
import { installMode } from '../../src/build/privileges.ts';
import { type FakeSetup, fakeHost } from '../fakes/host.ts';

const alone = 'unshare --user -- true';
const mapped = 'unshare --user --map-root-user --map-auto -- true';

async function asked(uid: number, refuses: (args: readonly string[]) => boolean) {
  const unshare: NonNullable<FakeSetup['tools']>[string] = (args) =>
    refuses(args) ? { exitCode: 1, stderr: 'unshare: unshare failed: Operation not permitted' } : undefined;
  const plain = fakeHost({ tools: { unshare } });
  const host = { ...plain, system: { ...plain.system, uid } };
  const answer = await installMode(host).catch((error: unknown) => error);
  return { answer, ran: plain.ran };
}

test('root who can mount', async (t) => {
  t.deepEqual(await asked(0, () => false), {
    answer: 'root',
    ran: ['unshare --mount --pid --fork --kill-child -- true'],
  });
});

test('root in a container that lets nobody mount', async (t) => {
  const { answer } = await asked(0, () => true);
  t.like(answer, {
    code: 'namespaces',
    kind: 'refused',
    details: ['unshare: unshare failed: Operation not permitted'],
  });
});

test('a user who can have several users in a namespace', async (t) => {
  t.deepEqual(await asked(1000, () => false), { answer: 'unshare', ran: [alone, mapped] });
});

test('without namespaces the mapping, which would hang, is not tried, and the reason is shown', async (t) => {
  const { answer, ran } = await asked(1000, () => true);
  t.like(answer, {
    code: 'user-namespaces',
    kind: 'refused',
    details: ['unshare: unshare failed: Operation not permitted'],
  });
  t.deepEqual(ran, [alone]);
});

test('a namespace without ranges of users is not enough', async (t) => {
  const { answer } = await asked(1000, (args) => args.includes('--map-auto'));
  t.like(answer, { code: 'user-namespaces' });
});
