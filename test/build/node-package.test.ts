/** The Node.js of another architecture: fetched once, compared with the lock, and whole or not there. */
import { createHash } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { architectures } from '../../src/architectures.ts';
import { installedNode, nodeFor } from '../../src/build/node-package.ts';
import type { RunOptions } from '../../src/host/ports.ts';
import { ToolFailed } from '../../src/host/tool-failed.ts';
import { folder, realHost, stageContext } from './support.ts';

const { files, processes } = realHost;
const { arm64 } = architectures;
const name = arm64.node.package;

/** A checkout whose lock names a package, and an npm that has one; `packed`: what its digest in the lock is of. */
async function world(t: ExecutionContext, { fails = false, other = false } = {}) {
  const root = await folder(t);
  const [project, cache] = [`${root}/project`, `${root}/cache`];
  for (const [path, text] of Object.entries({
    'bin/node': 'the program',
    'package.json': '{}',
    LICENSE: 'MIT',
    more: 'x',
  })) {
    await files.makeDir(`${root}/package/${path}`.replace(/\/[^/]*$/, ''));
    await files.write(`${root}/package/${path}`, text);
  }
  await files.makeDir(project);
  await files.makeDir(cache);
  const archive = `${root}/${name}-1.2.3.tgz`;
  await processes.run('tar', ['-czf', archive, '-C', root, 'package']);
  const bytes = other ? Buffer.from('another') : await files.read(archive);
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const packages = { [`node_modules/${name}`]: { version: '1.2.3', integrity } };
  await files.write(`${project}/package-lock.json`, JSON.stringify({ packages }));
  const asked: string[] = [];
  const host = {
    ...realHost,
    processes: {
      ...processes,
      run: async (command: string, args: readonly string[], options?: RunOptions) => {
        if (command !== 'npm') return processes.run(command, args, options);
        asked.push(args[1] ?? '');
        if (fails) throw new ToolFailed({ command, args, exitCode: 1, stdout: '', stderr: 'npm error 404' });
        await files.copy(archive, `${args[args.indexOf('--pack-destination') + 1]}/${name}-1.2.3.tgz`);
        return { exitCode: 0, stdout: '', stderr: '' };
      },
    },
  };
  return { project, cache, asked, node: () => nodeFor(stageContext(cache, { host }), project, arm64) };
}

test('fetched once, with what goes into the image beside it', async (t) => {
  const { cache, asked, node } = await world(t);
  const path = await node();
  t.is(await files.readText(path), 'the program');
  t.is(await files.readText(path.replace('bin/node', 'LICENSE')), 'MIT');
  t.is(await node(), path);
  t.deepEqual(asked, [`${name}@1.2.3`]);
  t.deepEqual(await files.list(cache), [`${name}-1.2.3`], 'nothing else is left');
});

test('one that npm has installed is taken', async (t) => {
  const { project, asked, node } = await world(t);
  const installed = installedNode(project, arm64);
  await files.makeDir(installed.replace(/\/[^/]*$/, ''));
  await files.write(installed, '');
  t.is(await node(), installed);
  t.deepEqual(asked, []);
});

test('another package than that of the lock is refused, and nothing of it stays', async (t) => {
  const { cache, node } = await world(t, { other: true });
  await t.throwsAsync(node(), { code: 'node-unavailable', message: /is not the one in package-lock.json/ });
  t.deepEqual(await files.list(cache), []);
});

test('a registry that does not answer is said, and nothing is left', async (t) => {
  const { cache, node } = await world(t, { fails: true });
  await t.throwsAsync(node(), { code: 'node-unavailable', message: /could not be fetched/ });
  t.deepEqual(await files.list(cache), []);
});
