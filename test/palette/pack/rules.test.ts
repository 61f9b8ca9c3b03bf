/** What is said of packs that have one thing wrong. */
import test from 'ava';
import { edited } from '../../../src/palette/edits.ts';
import { validatePack } from '../../../src/palette/pack/validate.ts';
import {
  contentOf,
  faultsOf,
  type PackFileTexts,
  soundPack,
  soundValues,
  withMeta,
  withValues,
} from '../pack-folders.ts';

const says = test.macro<[PackFileTexts, ...string[]]>((t, files, ...expected) => {
  t.deepEqual(faultsOf(files), expected);
});

const addon = { name: 'one', layer: 'addon', addonType: 'monitoring' };
const add = (keys: object, values = '', files: PackFileTexts = {}) =>
  withMeta({ ...addon, ...keys }, { 'values.yaml': values, ...files });

test(
  'a number as the version',
  says,
  { ...soundPack, 'pack.json': (soundPack['pack.json'] as string).replace('"2.1.0"', '2.10') },
  'pack.json:4:14 version: expected text, found the number 2.1; write it in quotes',
);
test('null', says, withMeta({ group: null }), 'pack.json:9:3 gives group without a value; leave it out');
test(
  'a layer that is none',
  says,
  withMeta({ layer: 'OS' }),
  'pack.json:5:12 layer: "OS" is not possible; did you mean os?',
);
test('an empty name', says, add({ name: '' }), 'pack.json:2:11 name: is empty');
test(
  'a name with capitals',
  says,
  add({ name: 'My Pack' }),
  'pack.json:2:11 name: becomes part of a repository: lower-case letters and digits, with single dots or hyphens between; write "my-pack"',
);
test(
  'a version with build metadata',
  says,
  add({ version: '1.2.3+rke2r1' }),
  'pack.json:4:14 version: becomes a tag, and no registry takes such a one; write "1.2.3-rke2r1"',
);
for (const version of ['v1.2.3', '1.2.3-rc.1', '0.30.0-5.5.2026'])
  test(`the version ${version}`, says, add({ version }));
test(
  '18.04.4',
  says,
  add({ version: '18.04.4' }),
  'pack.json:4:14 warning: version: is not a semantic version such as 1.2.3; Palette may not order it',
);
test(
  'keys of Palette’s own tool, and unknown ones',
  says,
  add({ commit_msg: 'x', vendor: 'y' }),
  'pack.json:11:3 warning: gives vendor, which is not a field of pack.json',
);
test(
  'unknown clouds are only warned of',
  says,
  add({ cloudTypes: ['edge-native', 'edge-nativ', 'gke'] }),
  'pack.json:8:5 warning: cloudTypes[1]: "edge-nativ" is not a documented cloud; did you mean edge-native?',
  'pack.json:9:5 warning: cloudTypes[2]: "gke" is not a documented cloud',
);
test(
  'all and others',
  says,
  add({ cloudTypes: ['all', 'aws'] }),
  'pack.json:6:3 warning: cloudTypes: names others beside all, which stands for every cloud',
);
test('addonType as packs write it', says, add({ addonType: 'app-services' }));
test(
  'addonType, unknown',
  says,
  add({ addonType: 'loging' }),
  'pack.json:9:16 warning: addonType: "loging" is not documented; did you mean logging?',
);
test(
  'addonType in another layer',
  says,
  withMeta({ addonType: 'logging' }),
  'pack.json:9:16 warning: addonType: has no effect in the layer os; leave it out',
);
test(
  'eol',
  says,
  add({ eol: '2024-02-30' }),
  'pack.json:10:10 warning: eol: is not a date such as 2028-04-30',
);
test('eol, as packs leave it out', says, add({ eol: ' ', group: ' ' }));
test(
  'an annotation that is no text',
  says,
  add({ annotations: { skipK8sInstall: false } }),
  'pack.json:11:23 annotations.skipK8sInstall: expected text, found false; write it in quotes',
);
test(
  'an OS pack for aws',
  says,
  withMeta(
    {
      name: 'x',
      cloudTypes: ['aws'],
      annotations: {
        imageId: 'ami-1',
        imageOwner: 'me',
        cloudRegion: 'r',
        osName: 'a',
        os_spectro_version: '0',
        sshUsername: 'u',
        skipK8sInstall: 'no',
      },
    },
    { 'values.yaml': '' },
  ),
  'pack.json:10:16 warning: annotations.imageId: is not the id of an image, such as ami-071f6fc516c53fca1',
  'pack.json:11:19 warning: annotations.imageOwner: is not an account of 12 digits',
  'pack.json:16:23 warning: annotations.skipK8sInstall: expected "true" or "false", found "no"',
);
test(
  'a remote image without encryption',
  says,
  withMeta(
    {
      name: 'x',
      cloudTypes: ['vsphere'],
      annotations: {
        imageId: 'http://a/b.ova',
        folder: 'f',
        osName: 'a',
        os_spectro_version: '0',
        sshUsername: 'u',
        skipK8sInstall: 'true',
      },
    },
    { 'values.yaml': '' },
  ),
  'pack.json:10:16 warning: annotations.imageId: is fetched without encryption; use https',
);
test(
  'paths that lead out',
  says,
  add({ kubeManifests: ['../a.yaml', '/etc/a.yaml', ''] }),
  ...[11, 12, 13].map(
    (line, index) =>
      `pack.json:${line}:5 kubeManifests[${index}]: must be a path inside of the pack, with / between its parts`,
  ),
);
test(
  'a file in other letters',
  says,
  add({ charts: ['charts/A.tgz'] }, '', { 'charts/a.tgz': 'x' }),
  'pack.json:11:5 charts[0]: is called charts/a.tgz in the pack',
  'charts/a.tgz warning: is not named by charts in pack.json, so Palette passes it over',
);
test(
  'a file in another folder',
  says,
  add({ charts: ['a.tgz'] }, '', { 'charts/a.tgz': 'x' }),
  'pack.json:11:5 charts[0]: is not in the pack; did you mean charts/a.tgz?',
  'charts/a.tgz warning: is not named by charts in pack.json, so Palette passes it over',
);
test('the folder has another version', (t) => {
  const said = (folder: string) => faultsOf(add({ version: '1.0.2' }), folder);
  t.deepEqual(said('one-1.1.0'), [
    'pack.json:4:14 warning: version: differs from that in the name of the folder, one-1.1.0',
  ]);
  for (const folder of ['one', 'one-1.0.2', 'one_1_0', 'one-v1', 'other-3', 'one-x'])
    t.deepEqual(said(folder), [], folder);
});
test(
  'no logo, no values, no page',
  says,
  { 'pack.json': (add({}) as { 'pack.json': string })['pack.json'] },
  'values.yaml is missing; every pack has one, an empty file if need be',
  'logo.png is missing; every pack has one: `opsctl pack init` makes a plain one',
  'README.md warning: is missing; it is what Palette shows of the pack',
);
test(
  'a logo that is none',
  says,
  { ...soundPack, 'logo.png': '<svg/>' },
  'logo.png is not a picture in PNG: it begins as an SVG',
);

const drain = (lines: string) =>
  withValues(soundValues.replace('options:', `  drain:\n${lines.replaceAll(/^/gm, '    ')}\noptions:`));
const whole = 'cordon: true\nignoreDaemonSets: true\ndeleteLocalData: true\nforce: true';
test('drain', says, drain(`${whole}\ntimeout: 0\ngracePeriod: -1\nskipWaitForDeleteTimeout: 60`));
test(
  'drain with units',
  says,
  drain(`${whole}\ntimeout: 10m\ngracePeriod: "60"\nskipWaitForDeleteTimeout: 1500ms`),
  'values.yaml:10:14 pack.drain.timeout: counts seconds and has no unit; write 600',
  'values.yaml:11:18 pack.drain.gracePeriod: expected a whole number, found text; write 60',
  'values.yaml:12:31 pack.drain.skipWaitForDeleteTimeout: expected a whole number, found text',
);
test(
  'drain in nanoseconds',
  says,
  drain(`${whole}\ntimeout: 600000000`),
  'values.yaml:10:14 warning: pack.drain.timeout: counts seconds, and 600000000 are 6944 days; if nanoseconds were meant, write 0.6',
);
test(
  'drain without cordon',
  says,
  drain('cordon: "true"\nignoreDaemonSets: true\ndeleteEmptydirData: true\nforce: true'),
  'values.yaml:6:13 pack.drain.cordon: expected true or false, found text; write true',
  'values.yaml:8:5 warning: gives deleteEmptydirData, whose name is deleteLocalData in a pack',
);
test(
  'drain with both names, and an unknown one',
  says,
  drain(`${whole}\ndeleteEmptydirData: true\ngraceperiod: 3`),
  'values.yaml:10:5 gives deleteEmptydirData beside deleteLocalData, which is the same; keep that',
  'values.yaml:11:5 warning: gives graceperiod, which is not a field of pack.drain; did you mean gracePeriod?',
);

const uri = (value: string) => withValues(soundValues.replace(/system\.uri: .*/, `system.uri: ${value}`));
for (const value of [
  '"NA"',
  "'{{.spectro.var.uri}}'",
  '{{.spectro.var.uri}}',
  `a/b@sha256:${'a'.repeat(64)}`,
  '"{{ .spectro.var.registry }}/{{ .spectro.var.repo }}:k3s-{{ .spectro.system.kubernetes.version }}"',
])
  test(`system.uri: ${value}`, says, uri(value));
test(
  'system.uri, empty',
  says,
  uri('""'),
  'values.yaml:6:15 options.system.uri: is empty; name the image of the OS, or write "NA" for agent mode',
);
test(
  'system.uri, na',
  says,
  uri('na'),
  'values.yaml:6:15 options.system.uri: is written "NA" for agent mode',
);
test(
  'system.uri, a URL',
  says,
  uri('https://a.example/b:1'),
  'values.yaml:6:15 options.system.uri: is a URL; an image has no https:// in front',
);
test(
  'system.uri, no image',
  says,
  uri('A B'),
  'values.yaml:6:15 options.system.uri: is not the name of an image such as registry.example.com/bos',
);
test(
  'system.uri, without a tag',
  says,
  uri('a.example/b'),
  'values.yaml:6:15 warning: options.system.uri: has no tag: nodes take whatever latest is on the day',
);
test(
  'the dot is part of the name',
  says,
  withValues(
    soundValues
      .replace('  system.uri:', '  system:\n    uri:')
      .replace("'{{.spectro.pack.edge-native-byoi.options.system.uri}}'", 'a/b:1'),
  ),
  'values.yaml:6:3 options.system: is a map; the dot is part of the name: write system.uri: …',
);
test(
  'the OS is not among the images',
  says,
  withValues(soundValues.replace(/'\{\{.*/, 'a/b:1')),
  "values.yaml:3:5 warning: pack.content.images: does not name the image of the OS: a content bundle would lack it; write - image: '{{.spectro.pack.edge-native-byoi.options.system.uri}}'",
);

const images = (lines: string) =>
  add({}, `pack:\n  content:\n    images:\n${lines.replaceAll(/^/gm, '      ')}\n`);
test('images', says, images('- nginx:1.27\n- image: docker.io/a/b:1\n- image: "{{.spectro.var.x}}"'));
test(
  'images that are none',
  says,
  images('- image: A:1\n- image: ""\n- name: x\n- image: https://a/b\n- [a]'),
  'values.yaml:4:16 pack.content.images[0].image: is not the name of an image such as registry.example.com/bos',
  'values.yaml:5:16 pack.content.images[1].image: is empty; write the name of an image',
  'values.yaml:6:9 pack.content.images[2]: has no image; write image: NAME',
  'values.yaml:6:15 warning: pack.content.images[2].name: is not a key that Palette reads here',
  'values.yaml:7:16 pack.content.images[3].image: is a URL; an image has no https:// in front',
  'values.yaml:8:9 pack.content.images[4]: expected image: NAME, or a name',
);
test(
  'charts and manifests with nothing in them',
  says,
  add(
    { charts: ['charts/a.tgz'], kubeManifests: ['manifests/a.yaml', 'manifests/b.yaml'] },
    'charts:\n  a: {}\nmanifests:\n  a: {}\n  b: {}\n',
    { 'charts/a.tgz': '', 'manifests/a.yaml': '', 'manifests/b.yaml': '# nothing\n' },
  ),
  'charts/a.tgz is empty; expected a packed chart (.tgz)',
  'manifests/a.yaml is empty; expected manifests in YAML',
  'manifests/b.yaml warning: has no object of Kubernetes in it: nothing in it has a kind',
);
test(
  'images that manifests start',
  says,
  add(
    { cloudTypes: ['edge-native'], kubeManifests: ['manifests/a.yaml'] },
    'pack:\n  content:\n    images:\n      - docker.io/library/nginx:1\n',
    {
      'manifests/a.yaml':
        'kind: Pod\nspec:\n  containers:\n    - image: nginx:1\n    - name: b\n      image: "quay.io/b:2"\n      # image: c:3\n',
    },
  ),
  'values.yaml:3:5 warning: pack.content.images: lacks quay.io/b:2, which manifests/a.yaml:6 starts; a cluster in local mode would not have it',
);

test(
  'macros',
  says,
  add(
    {},
    [
      'a: "{{.spectro.var.x"',
      'b: "{{spectro.var.x}}"',
      'c: "{{.spectro.vars.x}}"',
      'd: "{.spectro.var.x}"',
      'e: "{{.spectro.pack.one.nothing}}"',
      'f: "{{ .spectro.pack.one.a }}"',
      'g: "{{ .Values.x }"',
      'h: {{.spectro.var.n}}',
      'i: "{{.spectro.var.}}"',
      '',
    ].join('\n'),
  ),
  'values.yaml:1:5 begins a macro that is not closed; write }} at its end',
  'values.yaml:2:5 lacks the dot before spectro: {{.spectro.…}}',
  'values.yaml:3:5 warning: names no part that is known: .spectro.system, .spectro.pack, .spectro.macro, .spectro.var, .spectro.providers',
  'values.yaml:4:5 warning: has one brace around .spectro; a macro has two: {{.spectro.…}}',
  'values.yaml:5:5 warning: is for nothing, which values.yaml does not have',
  'values.yaml:9:5 is not a macro: names and dots stand behind {{.spectro',
);
test(
  'passwords',
  says,
  add(
    {},
    'a:\n  password: hush\n  adminPassword: "{{.spectro.var.p}}"\n  passwordKey: x\n  passwd: $6$a$b\nb: {dbPassword: ""}\n',
  ),
  'values.yaml:2:13 warning: is a password as plain text, which everybody reads who can read the pack; use a macro, or ssh keys',
);
test(
  'keys given twice',
  says,
  add({}, 'a: 1\nb: 2\na: 3\n'),
  'values.yaml:3:1 gives a twice; one of them would be lost',
);
test(
  'sections for no file',
  says,
  add(
    { charts: ['charts/prometheus-2.3.4.tgz'] },
    'charts:\n  prometheus:\n    a: 1\n  prometeus:\n    a: 1\n',
    { 'charts/prometheus-2.3.4.tgz': 'x' },
  ),
  'values.yaml:4:3 warning: charts.prometeus: belongs to no file that charts in pack.json names',
);
test(
  'generic-byoi',
  says,
  withMeta(
    { name: 'generic-byoi' },
    { 'values.yaml': 'osName: a\npack:\n  osImageOverride: ""\n  osVersion: 8\n' },
  ),
  'values.yaml:1:9 osName: belongs below pack; indent it there',
  'values.yaml:3:20 pack.osImageOverride: is missing; the pack needs it',
  'values.yaml:4:14 pack.osVersion: expected text, found the number 8; write it in quotes',
);
test(
  'values that are a list',
  says,
  add({}, '- a\n'),
  'values.yaml:1:1 expected a map of keys, such as pack:',
);
test(
  'presets',
  says,
  add({}, '', {
    'presets.yaml':
      'presets:\n- name: a\n  displayName: A\n  group: g\n  remove: [x.y]\n  add: |\n    x: 1\n- name: a\n  add: "["\n  remve: []\n',
  }),
  'presets.yaml:8:9 presets[1].name: is that of another preset; a name must be unique',
  'presets.yaml:9:8 presets[1].add: is not YAML with keys: it becomes part of values.yaml',
  'presets.yaml:10:3 warning: gives remve, which is not a field of presets.yaml; did you mean remove?',
);
test(
  'schema.yaml',
  says,
  add({}, '', { 'schema.yaml': 'a.b:\n  schema: \'{{ format "${password}" }}\'\nc: 1\n' }),
  'schema.yaml:3:4 c: expected a map, found the number 1',
);
test(
  'no YAML at all',
  says,
  add({}, 'a: [\n'),
  'values.yaml:1:4 opens [, which is not closed; write ] at its end',
);
test('more than is read: told with the size, in no time', (t) => {
  const large = contentOf(add({}, 'a: 1\n'.repeat(2_000_000)));
  const contents = new Map([...large.contents].filter(([path]) => path !== 'values.yaml'));
  const { findings } = validatePack({ ...large, contents });
  t.deepEqual(
    findings.map(({ place, message }) => `${place.file}: ${message}`),
    ['p/values.yaml: is 10000000 bytes long; expected at most 2097152; shorten or split it'],
  );
});
test('deep and long texts end in a fault, not in minutes', (t) => {
  for (const text of [
    '['.repeat(500_000),
    '{"a":'.repeat(300_000),
    '"'.repeat(500_000),
    ','.repeat(500_000),
  ]) {
    const { user } = process.cpuUsage();
    t.true(faultsOf({ ...soundPack, 'pack.json': text }).length > 0);
    t.true(faultsOf(add({}, text)).length > 0);
    t.true((process.cpuUsage().user - user) / 1000 < 5000);
  }
});

const soundLines = (values: string) => soundValues + values;
for (const [what, values, expected] of [
  ['NUL', 'x: "a\0b"\n', '7:6 holds the character U+0000, which YAML does not allow'],
  ['a form feed', 'x: a\n\f', '8:1 holds the character U+000C, which YAML does not allow'],
] as const)
  test(`a control character: ${what}`, says, withValues(soundLines(values)), `values.yaml:${expected}`);

test('a required key with other capitals is an error, and mended', (t) => {
  const files = { ...soundPack, 'pack.json': (soundPack['pack.json'] as string).replace('"name"', '"Name"') };
  t.deepEqual(faultsOf(files), ['pack.json:2:3 gives Name, whose name is name; written so it is missing']);
  const [finding] = validatePack(contentOf(files)).findings;
  t.deepEqual(
    finding?.edits.map(({ text }) => text),
    ['name'],
  );
});

test(
  'images that are no text',
  says,
  withValues(soundValues.replace('options:', "      - null\n      - 3\n      - {Image: 'a:1'}\noptions:")),
  'values.yaml:5:9 pack.content.images[1]: expected image: NAME, or a name',
  'values.yaml:6:9 pack.content.images[2]: expected image: NAME, or a name',
  'values.yaml:7:9 pack.content.images[3]: has no image; write image: NAME',
  'values.yaml:7:17 warning: pack.content.images[3].Image: is not a key that Palette reads here; did you mean image?',
);

test('what is no file is told once, and pack.json, too', (t) => {
  const told = (name: string, type: 'link' | 'other' | 'directory') => {
    const content = contentOf(soundPack);
    const entries = new Map([...content.entries, [name, { type, size: 0 }]]);
    const contents = new Map([...content.contents].filter(([path]) => path !== name));
    return validatePack({ ...content, entries, contents }).findings.map(({ message }) => message);
  };
  t.deepEqual(told('pack.json', 'link'), ['is a link; a pack holds files and folders']);
  t.deepEqual(told('pack.json', 'other'), ['is a device or a pipe; a pack holds files and folders']);
  t.deepEqual(told('values.yaml', 'link'), ['is a link; a pack holds files and folders']);
  t.deepEqual(told('values.yaml', 'directory'), ['is a folder; expected a file']);
  t.deepEqual(told('README.md', 'other'), ['is a device or a pipe; a pack holds files and folders']);
  t.deepEqual(told('README.md', 'directory'), ['is a folder; expected a file']);
});

test('UTF-16, with and without its mark, and what is no text', (t) => {
  const told = (bytes: Uint8Array) => faultsOf({ ...soundPack, 'values.yaml': bytes });
  const wide = Buffer.from(soundValues, 'utf16le');
  const expected = ['values.yaml is UTF-16; save it as UTF-8'];
  t.deepEqual(told(wide), expected);
  t.deepEqual(told(Buffer.concat([Buffer.from([0xff, 0xfe]), wide])), expected);
  t.deepEqual(told(Buffer.from(wide).swap16()), expected);
  t.deepEqual(told(Buffer.from([0x61, 0xff])), ['values.yaml expected UTF-8 text']);
});

test('what is moved below pack ends where the next key begins, in an indented text, too', (t) => {
  const plain = 'pack:\ncontent:\n  images:\n    - image: a:1\n\noptions:\n  system.uri: a:1\n';
  const wanted = 'pack:\n  content:\n    images:\n      - image: a:1\n\noptions:\n  system.uri: a:1\n';
  const indent = (text: string) => text.replaceAll(/^(?=.)/gm, '  ');
  for (const [before, after] of [
    [plain, wanted],
    [indent(plain), indent(wanted)],
  ] as const) {
    const { findings } = validatePack(contentOf(withValues(before)));
    const edits = findings.flatMap(({ edits }) => edits);
    t.is(edited(before, edits), after);
  }
});
