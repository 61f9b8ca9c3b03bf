/** What looks through whole texts takes no longer than they are long: each of these took minutes. */
import test from 'ava';
import { templateIn } from '../../../src/config/checks/templates.ts';
import { plainSecrets } from '../../../src/config/plain-secrets.ts';
import { misreading } from '../../../src/config/yaml/misreadings.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { withMessage } from '../../../src/palette/registry/build-archive.ts';

const many = 500_000;

async function quick(work: () => unknown): Promise<boolean> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system < 1_000_000;
}

for (const open of ['{{', '<%', '{%'])
  test(`templates that begin and never end: ${open}`, async (t) => {
    t.true(await quick(() => t.is(templateIn(open.repeat(many)), undefined)));
  });

test('templates: whole ones, in one line and over several, and what only looks like one', (t) => {
  t.is(templateIn('a {{ b }}'), 'a template ({{ … }})');
  t.is(templateIn('<%\n%>'), 'a template (<% … %>)');
  t.is(templateIn('{%%}'), 'a template ({% … %})');
  t.is(templateIn('}} {{'), undefined);
  t.is(templateIn('{%>'), undefined);
});

test('quotes in a line that does not end', async (t) => {
  t.true(await quick(() => t.is(misreading('"'.repeat(many), 'indented'), undefined)));
});

const secretsOf = (url: string) =>
  plainSecrets(parseConfigYaml(`bos: {install: {config_url: ${JSON.stringify(url)}}}`, 'config.yaml').layer);

test('an address with a password, and one of colons alone', async (t) => {
  t.deepEqual(secretsOf('https://me:secret@host/c'), ['bos.install.config_url']);
  t.deepEqual(secretsOf('https://me:se:cret@host/c'), ['bos.install.config_url']);
  for (const url of ['https://me@host/c', 'https://me:@host/c', 'https://host/c@d:e'])
    t.deepEqual(secretsOf(url), []);
  t.true(await quick(() => secretsOf(`https://${':'.repeat(many)}`)));
});

test('a pack.json with a line of blanks', async (t) => {
  const blanks = ' '.repeat(many);
  const text = `{"name": "a",${blanks}"version": "1"}`;
  t.true(await quick(() => t.is(JSON.parse(withMessage(text, 'why')).commit_msg, 'why')));
});
