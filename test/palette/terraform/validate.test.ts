/** What is said of Terraform that others wrote: the examples of the documentation first. */
import test from 'ava';
import fc from 'fast-check';
import { readHcl } from '../../../src/palette/terraform/read-hcl.ts';
import { renderTerraform } from '../../../src/palette/terraform/render.ts';
import { validateTerraform } from '../../../src/palette/terraform/validate.ts';
import { runs } from '../../properties.ts';
import { documentedTerraform } from '../documented.ts';
import * as arbitrary from '../profile/arbitrary.ts';
import { processorTime } from '../profile/profile-texts.ts';
import { parseHcl } from './hashicorp.ts';

const said = (text: string) =>
  validateTerraform(Buffer.from(text), 'main.tf').map(
    ({ severity, place: { line, column }, message }) => `${line}:${column} ${severity} ${message}`,
  );

for (const [name, text] of Object.entries(documentedTerraform)) {
  const pack = name === 'edge' ? 'edge-native-byoi' : 'generic-byoi';
  test(`the example for ${name}: the brace that is missing, and the wrong block; mended it is sound`, async (t) => {
    await t.throwsAsync(parseHcl(text), { message: /Unclosed configuration block/ });
    t.deepEqual(said(text), [
      '5:1 error opens a block that is not closed; write } in a line of its own behind line 9',
      `5:1 error looks up ${pack}, the pack of an OS, among helm charts and manifests, where it is not; write data "spectrocloud_pack" "byoos", without type`,
    ]);
    const mended = `${text}}\n`
      .replace('spectrocloud_pack_simple', 'spectrocloud_pack')
      .replace(/ *type .*\n/, '');
    t.deepEqual(said(mended), []);
    await t.notThrowsAsync(parseHcl(mended));
  });
}

const says = test.macro<[string, ...string[]]>((t, text, ...expected) => {
  t.deepEqual(said(text), expected);
});
test(
  'a block that ends where the next one begins',
  says,
  'data "a" "b" {\n  x = 1\n\nresource "c" "d" {\n}\n',
  '1:1 error opens a block that is not closed; write } in a line of its own behind line 2',
);
test(
  'a brace too many',
  says,
  'data "a" "b" {\n}\n}\n',
  '3:1 error closes a block that was not opened; remove it',
);
test(
  'a quote that is not closed',
  says,
  'data "a" "b" {\n  x = "a\n}\n',
  '2:7 error opens a quote that is not closed in its line; write " at the end of the text',
);
test(
  'a heredoc that is not closed',
  says,
  'a = <<-EOT\n  x\n  EO\n',
  '1:5 error opens a text that is not closed; write EOT in a line of its own',
);
test(
  'a bracket that is not closed',
  says,
  'a = [1, 2\n\nb = 3\n',
  '1:5 error opens a bracket that is not closed; write ]',
);
const quote = 'error opens a quote that is not closed in its line; write " at the end of the text';
test(
  'quotes that are not closed, of a label, a value, in a list: each is told, and so is what comes behind',
  says,
  [
    'data "spectrocloud_registry" "r {',
    '  type = "opi"',
    '}',
    'resource "a" "b" {',
    '  x = "{{.spectro.var.a}}',
    '  y = ["a, "b"]',
    '  z = [',
    '    "c,',
    '    "d",',
    '  ]',
    '  x = 2',
    '}',
    'resource "a" "b" {}',
    '',
  ].join('\n'),
  `1:30 ${quote}`,
  '2:10 error "opi" is not a type of registries (oci, helm, spectro); did you mean oci?',
  `5:7 ${quote}`,
  `6:14 ${quote}`,
  `8:5 ${quote}`,
  '11:3 error gives x twice',
  '13:1 error a.b stands in the file already; a name must be unique',
);
test(
  'a bracket that is not closed, a value and a sign that are missing, a text that ends nowhere: it goes on',
  says,
  [
    'data "a" "b" {',
    '  x = [1, 2',
    '  x = 3',
    '  y =',
    '  name "n"',
    '  x = 4',
    '}',
    'data "c" "d" {',
    '  x = <<A',
    '}',
    'data "a" "b" {}',
    '',
  ].join('\n'),
  '2:7 error opens a bracket that is not closed; write ]',
  '4:6 error expected a value behind the =',
  '5:11 error expected = or { behind name, found the end of the line',
  '6:3 error gives x twice',
  '9:7 error opens a text that is not closed; write A in a line of its own',
  '11:1 error a.b stands in the file already; a name must be unique',
);
test('faults without end are not listed without end', (t) => {
  const found = said('a = "\n'.repeat(200_000));
  t.is(found.length, 31);
  t.true(found.some((line) => line.endsWith('error is not read further; fix what is listed first')));
});
test('an attribute twice', says, 'a {\n  x = 1\n  x = 2\n}\n', '3:3 error gives x twice');
test(
  'a block twice',
  says,
  'data "a" "b" {}\ndata "a" "b" {}\n',
  '2:1 error a.b stands in the file already; a name must be unique',
);
test(
  'a type of profiles that is none',
  says,
  'resource "spectrocloud_cluster_profile" "p" {\n  type = "full"\n}\n',
  '2:10 error "full" is not a type of profiles (cluster, infra, add-on, system)',
);
test('YAML', says, 'name: x\n', '1:5 error expected = or { behind name, found :');
test('JSON', says, '{}\n', '1:1 error expected a name, of a block or an attribute');
test(
  'templates, comments and conditions are passed over',
  says,
  '/* { */ # "\nlocals { // }\n  a = var.x ? "${b["c"]}" : "%{ if x }}}%{ endif }"\n  b = { "c" = [1, 2], d : "$${" }\n  c = [for x in y : x if x != "}"]\n}\n',
);
test('nested without end', (t) => {
  for (const piece of [
    'a{\n',
    'x = [\n',
    'x = "\n',
    'data "a" "b {\n',
    'data x\n',
    '[',
    'a="${"${',
    'a=(',
    '"',
    '<<A\n',
    '/* ',
    '}\n',
  ]) {
    const spent = processorTime();
    t.true(said(`a = ${piece}`.repeat(1) + piece.repeat(200_000)).length > 0, piece);
    t.true(spent() < 2000, piece);
  }
});

test('what is rendered is sound, and read as the blocks that HashiCorp reads', async (t) => {
  await fc.assert(
    fc.asyncProperty(arbitrary.profile, arbitrary.cluster, async (profile, cluster) => {
      const text = renderTerraform(profile, cluster);
      t.deepEqual(said(text), [], text);
      const { data = {}, resource } = (await parseHcl(text)) as Record<string, Record<string, object>>;
      const count = (all: Record<string, object>) =>
        Object.values(all).flatMap((one) => Object.keys(one)).length;
      t.is(readHcl(text).blocks.length, 1 + count(data) + count(resource ?? {}));
    }),
    { numRuns: runs(300) },
  );
});

test('whatever is taken away from it, nothing is thrown', (t) => {
  fc.assert(
    fc.property(arbitrary.profile, fc.nat(), fc.integer({ min: 1, max: 3 }), (profile, at, length) => {
      const text = renderTerraform(profile);
      const begin = at % text.length;
      t.notThrows(() => said(text.slice(0, begin) + text.slice(begin + length)));
    }),
    { numRuns: runs(1000) },
  );
});
