/** The single executable, made twice from a small program: the same bytes, and it runs. */
import test from 'ava';
import { stageRunner } from '../../../src/build/stage.ts';
import { executableStage, injector } from '../../../src/build/stages/executable.ts';
import { nodeStage } from '../../../src/build/stages/node.ts';
import { sha256File, sha256Of } from '../../../src/host/digest.ts';
import { folder, realHost, stageContext } from '../support.ts';

const { files, processes } = realHost;
const root = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '');
const program = `#!/usr/bin/env node
const cache = Buffer.from(require('node:sea').getRawAsset('opsctl.cache')).toString();
process.stdout.write(JSON.stringify({ args: process.argv.slice(2), file: __filename, node: process.version, cache }));
`;
const executableName = 'opsctl';

test('two builds in different folders give the same bytes, which run', async (t) => {
  const digests: string[] = [];
  for (const name of ['one', 'another-name']) {
    const cache = `${await folder(t)}/${name}`;
    await files.makeDir(cache);
    const bundle = `${cache}/bundle.cjs`;
    await files.write(bundle, program);
    await files.write(`${cache}/bundle.cache`, 'its code cache');
    const context = stageContext(cache);
    const node = nodeStage(realHost, realHost.system.arch, process.execPath, sha256Of('node'));
    const stage = await executableStage(
      realHost,
      { node },
      { bundle, injector: `${root}/${injector}`, runner: process.execPath, codeCache: true },
    );
    const made = await stageRunner(context).ensure(stage);
    t.deepEqual(await files.list(made), [executableName], 'nothing else is left');
    const executable = `${made}/${executableName}`;
    digests.push(await sha256File(files, executable));
    const { stdout, stderr } = await processes.run(executable, ['install', '--help', 'a b']);
    t.deepEqual(JSON.parse(stdout), {
      args: ['install', '--help', 'a b'],
      file: executable,
      node: process.version,
      cache: 'its code cache',
    });
    t.is(stderr, '', 'Node.js does not warn of an experiment');
    t.true(((await files.stat(executable))?.size ?? 0) < 125e6, 'at most 125 MB');
  }
  t.is(digests[0], digests[1]);
});

test('another bundle makes another stage', async (t) => {
  const cache = await folder(t);
  const runner = stageRunner(stageContext(cache));
  const node = nodeStage(realHost, realHost.system.arch, process.execPath, 'digest');
  const keys = [];
  for (const text of [program, `${program}\n`]) {
    const bundle = `${cache}/bundle.cjs`;
    await files.write(bundle, text);
    await files.write(`${cache}/bundle.cache`, '');
    keys.push(
      runner.key(
        await executableStage(
          realHost,
          { node },
          { bundle, injector: `${root}/${injector}`, runner: process.execPath, codeCache: true },
        ),
      ),
    );
  }
  t.not(keys[0], keys[1]);
});
