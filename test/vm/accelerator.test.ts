import { join } from 'node:path';
import test from 'ava';
import type { Host } from '../../src/host/ports.ts';
import { workstationHost } from '../../src/host/workstation/index.ts';
import { accelerator, probe } from '../../src/vm/accelerator.ts';

const real = workstationHost();
const withEnv = (env: Record<string, string>, over: Partial<Host> = {}): Host => ({
  ...real,
  system: { ...real.system, env },
  ...over,
});

test('the probe tells a guest that runs from one that does not', async (t) => {
  t.true(await probe(real, 'tcg', 30_000));
  t.false(await probe(real, 'tcg', 1));
});

test('so does that of arm64', async (t) => {
  t.true(await probe(real, 'tcg', 30_000, 'arm64'));
  t.false(await probe(real, 'tcg', 30_000, 'arm'), 'there is none');
});

test('guests of another architecture are always emulated', async (t) => {
  t.is(await accelerator(withEnv({ BOS_VM_ACCEL: 'kvm' }), 'arm64'), 'tcg');
});

test('BOS_VM_ACCEL decides, and takes no other word', async (t) => {
  t.is(await accelerator(withEnv({ BOS_VM_ACCEL: 'kvm' })), 'kvm');
  t.is(await accelerator(withEnv({ BOS_VM_ACCEL: 'tcg' })), 'tcg');
  await t.throwsAsync(accelerator(withEnv({ BOS_VM_ACCEL: 'xen' })), { code: 'accelerator-unknown' });
});

test('the answer is remembered for this boot, user and device', async (t) => {
  const cache = await real.files.makeTempDir('bos-accel-');
  t.teardown(() => real.files.remove(cache));
  let probes = 0;
  let works = true;
  const host = withEnv(
    { XDG_CACHE_HOME: cache },
    {
      files: {
        ...real.files,
        stat: async () => ({ type: 'other', size: 0, mode: 0o660, uid: 0, gid: 108, links: 1, mtimeMs: 0 }),
      },
      processes: {
        ...real.processes,
        run: async () => {
          probes++;
          if (!works) throw new Error('KVM: entry failed');
          return { exitCode: 33, stdout: '', stderr: '' };
        },
      },
    },
  );
  t.is(await accelerator(host), 'kvm');
  works = false;
  t.is(await accelerator(host), 'kvm');
  t.is(probes, 1);
  const path = join(cache, 'bhojpur-os/vm-accelerator.json');
  const answer = JSON.parse(await real.files.readText(path));
  await real.files.write(path, JSON.stringify({ ...answer, key: 'another boot' }));
  t.is(await accelerator(host), 'tcg');
  await real.files.write(path, 'not JSON');
  t.is(await accelerator(host), 'tcg');
  t.is(probes, 3);
});

test('without the device there is nothing to probe', async (t) => {
  const files = { ...real.files, stat: async () => undefined };
  t.is(await accelerator(withEnv({}, { files })), 'tcg');
});
