/** The examples of docs/kubernetes.md, run: what is printed there is what opsctl prints. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { planCommand } from '../../src/cli/commands/plan/command.ts';
import { runInside } from '../cli/commands/inside.ts';
import { fakeRoot } from '../runtime/fake-root.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/kubernetes.md'), 'utf8');
const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
  language,
  text,
}));
const file = blocks.find(({ language }) => language === 'yaml')?.text ?? '';
const calls = blocks
  .filter(({ language }) => language === 'console')
  .map(({ text }) => /^\$ opsctl plan (.*)\n([\s\S]*)$/.exec(text) ?? []);

test('the page has its examples', (t) => {
  t.is(calls.length, 2);
  t.true(file.startsWith('# plan.yaml\n'));
});

for (const [, line = '', output = ''] of calls) {
  test(`opsctl plan ${line}`, async (t) => {
    const fake = await fakeRoot(t);
    await fake.write('plan.yaml', file);
    const argv = line.split(' ').map((word) => (word === 'plan.yaml' ? '/plan.yaml' : word));
    const { out, err } = await runInside(fake, planCommand, argv);
    const shown = line.startsWith('validate')
      ? err
          .split('\n')
          .filter((one) => /\/plan\.yaml:\d/.test(one))
          .map((one) => `${one.trim().replace('/plan.yaml', 'plan.yaml')}\n`)
          .join('')
      : out;
    t.is(shown, output);
  });
}
