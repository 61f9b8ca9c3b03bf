/** What is asked for by name, and what lies in the folder of the artifacts afterwards. */
import test, { type ExecutionContext } from 'ava';
import { type Artifact, artifactSets, chosenSets } from '../../src/build/artifacts.ts';
import { publish } from '../../src/build/publish.ts';
import { type Stage, stageRunner } from '../../src/build/stage.ts';
import { watchUntouched } from '../fakes/untouched.ts';
import { folder, realHost, stageContext } from './support.ts';

const { files, processes } = realHost;

test('no names are all but the OCI image; names are taken in the order of the table', (t) => {
  const all = Object.keys(artifactSets);
  t.deepEqual(chosenSets([]), ['iso', 'pxe', 'kernel', 'rootfs', 'opsctl']);
  t.deepEqual(chosenSets(['all', 'iso']), all);
  t.deepEqual(chosenSets(['rootfs', 'iso', 'iso']), ['iso', 'rootfs']);
  // What is known by its file's name.
  t.deepEqual(chosenSets(['opsctl-linux-amd64', 'install.sh']), ['opsctl']);
});

test('a wrong name is answered with the right ones', (t) => {
  const error = t.throws(() => chosenSets(['rotfs'])) as Error & { details: string[]; hint: string };
  t.like(error, { kind: 'usage', code: 'artifact-unknown', hint: 'Did you mean rootfs?' });
  t.is(error.details.length, Object.keys(artifactSets).length);
  t.like(
    t.throws(() => chosenSets(['toString'])),
    { code: 'artifact-unknown' },
  );
});

function stage(name: string, text: string): Stage {
  return {
    name,
    title: name,
    inputs: text,
    needs: {},
    make: (work) => files.write(`${work.folder}/out`, text),
  };
}

async function publisher(t: ExecutionContext) {
  const [cache, output] = [await folder(t), `${await folder(t)}/artifacts`];
  return {
    output,
    /** Publishes `wanted` of the artifacts of the given texts; returns what the folder holds. */
    build: async (texts: Record<string, string>, wanted = Object.keys(texts), arch = 'amd64') => {
      const table: Artifact[] = Object.entries(texts).map(([name, text]) => ({
        name,
        sets: ['iso'],
        content: name.endsWith('.txt') ? { text } : { stage: stage(name, text), file: 'out' },
      }));
      const runner = stageRunner(stageContext(cache));
      const chosen = table.filter(({ name }) => wanted.includes(name));
      return publish(realHost, runner, { folder: output, arch, table, wanted: chosen });
    },
    held: async () => {
      const sums = await files.readText(`${output}/sha256sum-amd64.txt`);
      await processes.run('sha256sum', ['--check', '--strict', 'sha256sum-amd64.txt'], { cwd: output });
      const names = (await files.list(output)).filter((name) => !/^(\.published|sha256sum)/.test(name));
      // The checksums speak of all that is there and of nothing else.
      t.deepEqual(
        sums
          .trim()
          .split('\n')
          .map((line) => line.slice(66)),
        names,
      );
      const texts = names.map(async (name) => [name, await files.readText(`${output}/${name}`)]);
      return Object.fromEntries(await Promise.all(texts));
    },
  };
}

test('artifacts come with checksums that hold', async (t) => {
  const { build, held, output } = await publisher(t);
  const paths = await build({ 'a.iso': '1', 'version.txt': '2' });
  t.deepEqual(paths, [`${output}/a.iso`, `${output}/version.txt`, `${output}/sha256sum-amd64.txt`]);
  t.deepEqual(await held(), { 'a.iso': '1', 'version.txt': '2' });
  t.is((await files.stat(`${output}/a.iso`))?.mode, 0o644);
});

test('nothing is written again when nothing changed', async (t) => {
  const { build, output } = await publisher(t);
  await build({ 'a.iso': '1' });
  const watched = (await files.list(output)).map((name) => watchUntouched(`${output}/${name}`));
  t.true(watched.length > 1);
  await build({ 'a.iso': '1' });
  t.true(watched.every((isUntouched) => isUntouched()));
});

test('what is damaged or gone is published again', async (t) => {
  const { build, held, output } = await publisher(t);
  await build({ 'a.iso': '1', b: '2' });
  await files.write(`${output}/a.iso`, 'truncated');
  await files.remove(`${output}/b`);
  await build({ 'a.iso': '1', b: '2' });
  t.deepEqual(await held(), { 'a.iso': '1', b: '2' });
});

test('a part of the artifacts: others stay while they match and go when they are of another build', async (t) => {
  const { build, held } = await publisher(t);
  await build({ 'a.iso': '1', b: '2', c: '3' });
  await build({ 'a.iso': '1', b: '2', c: '3' }, ['a.iso']);
  t.deepEqual(await held(), { 'a.iso': '1', b: '2', c: '3' });
  await build({ 'a.iso': '1', b: 'new', c: '3' }, ['a.iso']);
  t.deepEqual(await held(), { 'a.iso': '1', c: '3' });
});

test('files under a name that an earlier build used are removed, and half copies', async (t) => {
  const { build, held, output } = await publisher(t);
  await build({ 'bos-old.iso': '1', b: '2' });
  await files.write(`${output}/.b.partial`, 'half');
  await files.write(`${output}/mine.md`, 'of a person');
  await build({ 'bos-new.iso': '1', b: '2' });
  t.is(await files.readText(`${output}/mine.md`), 'of a person');
  await files.remove(`${output}/mine.md`);
  t.deepEqual(await held(), { 'bos-new.iso': '1', b: '2' });
});

test('builds for two architectures in one folder: a file that both have stays, and both lists hold', async (t) => {
  const { build, held, output } = await publisher(t);
  const check = (arch: string) =>
    processes.run('sha256sum', ['--check', '--strict', `sha256sum-${arch}.txt`], { cwd: output });
  await build({ 'a-amd64.iso': '1', 'install.txt': 'one' });
  // The other architecture's ISO alone: what it does not build and does not have of its own is not its to remove.
  await build({ 'a-arm64.iso': '2', 'install.txt': 'one' }, ['a-arm64.iso'], 'arm64');
  t.is(await files.readText(`${output}/install.txt`), 'one');
  await check('amd64');
  await build({ 'a-arm64.iso': '2', 'install.txt': 'one' }, undefined, 'arm64');
  await build({ 'a-arm64.iso': '2', 'install.txt': 'two' }, undefined, 'arm64');
  t.is(await files.readText(`${output}/install.txt`), 'two');
  await check('amd64');
  await check('arm64');
  // The first architecture without it: the other one's stays. Then nobody's: it goes.
  await build({ 'a-amd64.iso': '1' });
  t.is(await files.readText(`${output}/install.txt`), 'two');
  await check('arm64');
  await build({ 'a-arm64.iso': '2' }, undefined, 'arm64');
  await files.remove(`${output}/a-arm64.iso`);
  t.deepEqual(await held(), { 'a-amd64.iso': '1' });
});

test('a record that is no record is as good as none', async (t) => {
  const { build, held, output } = await publisher(t);
  await build({ b: '2' });
  for (const text of ['', '[]', '{"b": "/cache/x"}']) {
    await files.write(`${output}/.published-amd64.json`, text);
    await build({ b: '2' });
    t.deepEqual(await held(), { b: '2' });
  }
});
