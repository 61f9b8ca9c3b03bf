/** The Node.js of the OS, made from the one that runs here: it runs, whatever language the machine is set to. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { architectureOfNode } from '../../../src/architectures.ts';
import { stageRunner } from '../../../src/build/stage.ts';
import { nodeStage } from '../../../src/build/stages/node.ts';
import { folder, realHost, stageContext } from '../support.ts';

const script = `
const words = ['b', '\\u00e4', 'a'];
console.log(JSON.stringify([
  words.sort((left, right) => left.localeCompare(right)),
  '\\u00e4'.normalize('NFD').length,
  /\\p{Script=Thai}/u.test('\\u0e01'),
  [...new Intl.Segmenter().segment('\\u{1f468}\\u200d\\u{1f469}\\u200d\\u{1f467}a')].length,
  new Intl.ListFormat('en').format(['a', 'b']),
  new Date(0).toLocaleDateString('en-US', { timeZone: 'Asia/Tokyo' }),
  new Intl.NumberFormat('de').format(1),
  Intl.supportedValuesOf('timeZone').includes('Europe/Berlin'),
  new TextDecoder('utf-16be').decode(new Uint8Array([0, 65])),
  new URL('http://b\\u00fccher.example').host,
]))`;

test('it runs, and every language is English', async (t) => {
  t.timeout(120_000);
  const stage = nodeStage(realHost, architectureOfNode(process.arch)?.name ?? 'amd64', process.execPath, 'x');
  const out = await stageRunner(stageContext(await folder(t))).ensure(stage);
  for (const language of ['C', 'de_DE.UTF-8', 'zh_CN.UTF-8']) {
    const said = execFileSync(join(out, 'node'), ['-e', script], {
      env: { LC_ALL: language },
      encoding: 'utf8',
    });
    t.deepEqual(JSON.parse(said), [
      ...[['a', '\u00e4', 'b'], 2, true, 2, 'a and b', '1/1/1970', '1', true, 'A', 'xn--bcher-kva.example'],
    ]);
  }
});
