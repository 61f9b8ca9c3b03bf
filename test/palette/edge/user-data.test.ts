/** Each rule of user-data: what is said, and where. */
import test from 'ava';
import { validateUserData } from '../../../src/palette/edge/validate-user-data.ts';
import { airgap, certificate, connected, faultsOf, header } from './user-data-texts.ts';

const token =
  'u:5:20: warning: is a token as plain text: whoever has the medium can register hosts with it; let it expire soon';

test('sound user-data of both modes', (t) => {
  t.deepEqual(faultsOf(connected), [token]);
  t.deepEqual(faultsOf(airgap), []);
  t.is(validateUserData(Buffer.from(connected), 'u').mode, 'connected');
  t.is(validateUserData(Buffer.from(airgap), 'u').mode, 'airgap');
});

/** The whole of what is said, without the file: user-data of a site, so that nothing is missed in them. */
const said = (body: string, use = {}): string[] =>
  faultsOf(header + body, { site: true, ...use }).map((line) => line.slice(2));

const stylus = (lines: string): string =>
  `stylus:\n${lines
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')}\n`;

test('the first line', (t) => {
  const first = (text: string) => faultsOf(text, { site: true });
  t.deepEqual(first('install: {poweroff: true}\n'), [
    'u:1:1: must be #cloud-config, in the first line; without it the file is passed over',
  ]);
  const spelled = 'must be the first line, and read #cloud-config; otherwise the file is passed over';
  t.deepEqual(first('# cloud-config\ninstall: {}\n'), [`u:1:1: ${spelled}`]);
  t.deepEqual(first('# mine\n#cloud-config\ninstall: {}\n'), [`u:2:1: ${spelled}`]);
  t.regex(first('\ufeff#cloud-config\ninstall: {}\n')[0] ?? '', /^u:1:1: begins with a byte order mark/);
  t.deepEqual(first('#cloud-config\r\ninstall: {poweroff: true}\r\n'), []);
});

test('misplaced keys are errors, with the place where they belong', (t) => {
  t.deepEqual(
    said(stylus('caCerts: []\nsite:\n  installationMode: airgap\n  network: {managementMode: local}')),
    [
      '3:3: stylus.caCerts belongs to stylus.site: stylus.site.caCerts',
      '5:5: stylus.site.installationMode belongs to stylus: stylus.installationMode',
      '6:15: stylus.site.network.managementMode belongs to stylus: stylus.managementMode',
    ],
  );
  t.deepEqual(said('paletteEndpoint: p.example.com\ninitramfs: []\nboot.after: []\nbind_mounts: [/a]\n'), [
    '2:1: paletteEndpoint belongs to stylus.site: stylus.site.paletteEndpoint',
    '3:1: initramfs is a stage; it belongs below stages, indented',
    '4:1: boot.after is a stage; it belongs below stages, indented',
    '5:1: bind_mounts belongs to install: install.bind_mounts',
  ]);
  t.deepEqual(said(stylus('stages: {}\nprojectName: a\nsite:\n  projectName: b')), [
    '3:3: stylus.stages belongs to the top, without indentation: stages',
    '4:3: stylus.projectName belongs to stylus.site; stylus.site.projectName is there, too, so remove one of them',
  ]);
});

test('a text that has lost its indentation', (t) => {
  t.deepEqual(said('stylus:\nsite:\ntags:\ncity: x\n'), [
    '2:1: stylus: has nothing below it: indent what follows',
    '3:1: site belongs to stylus: stylus.site',
    '4:1: tags belongs to stylus.site: stylus.site.tags',
    '5:1: warning: city is not a documented key of user-data',
  ]);
});

test('unknown keys are warnings, with the nearest that is known', (t) => {
  t.deepEqual(said(stylus('newThing: 1\nenableMultinode: true\nsite:\n  palleteEndpoint: x')), [
    '3:3: warning: stylus.newThing is not a documented key of stylus',
    '4:3: warning: stylus.enableMultinode is not a documented key of stylus; did you mean enableMultiNode?',
    '6:5: warning: stylus.site.palleteEndpoint is not a documented key of stylus.site; did you mean paletteEndpoint?',
  ]);
  t.deepEqual(said('stage: {}\n'), [
    '2:1: warning: stage is not a documented key of user-data; did you mean stages?',
  ]);
  t.deepEqual(said(stylus('site:\n  debug: true')), [
    '4:5: warning: stylus.site.debug is not read here, though an example has it; write stylus.debug',
  ]);
});

test('wrong types, and keys with nothing behind them', (t) => {
  t.deepEqual(
    said(
      stylus(
        'localUI: {port: "5080"}\nincludeTui: "true"\nsite:\n  projectUid: 12345\n  tags: [a]\n  caCerts: x',
      ),
    ),
    [
      '3:19: stylus.localUI.port: expected a whole number, found text',
      '4:15: stylus.includeTui: expected true or false, found text',
      '6:17: stylus.site.projectUid: expected text, found the number 12345; write it in quotes',
      '7:5: stylus.site.tags: expected a map, found a list',
      '8:14: stylus.site.caCerts: expected a list, found text',
    ],
  );
  t.deepEqual(
    said(
      stylus(
        'registryCredentials:\n  domain: r.example.com\n  username: a\n  password: #se"cret\n  insecure:',
      ),
    ),
    [
      '3:3: warning: stylus.registryCredentials: has a username alone; a login takes both',
      '6:5: stylus.registryCredentials.password has nothing behind it: # begins a comment; write the value in quotes',
      '7:5: stylus.registryCredentials.insecure has nothing behind it; give it a value, or leave it out',
    ],
  );
  t.deepEqual(said('- a\n'), ['2:1: expected a map, such as stylus: with keys below it']);
  t.deepEqual(said(stylus('site: text')), ['3:9: stylus.site: expected a map, found text']);
});

test('modes: their words, and both of them', (t) => {
  const word = (text: string) => said(stylus(text));
  t.deepEqual(word('installationMode: airgapped'), [
    '3:21: stylus.installationMode: expected connected or airgap, found "airgapped"',
  ]);
  t.deepEqual(word('installationMode: local'), [
    '3:21: stylus.installationMode: expected connected or airgap, found "local"; did you mean airgap?',
  ]);
  t.deepEqual(word('managementMode: Airgap'), [
    '3:19: stylus.managementMode: expected central or local, found "Airgap"; did you mean local?',
  ]);
  t.deepEqual(word('installationMode: airgap\nmanagementMode: central'), [
    '3:21: stylus.installationMode: says airgap, and managementMode says central',
  ]);
  t.deepEqual(word('installationMode: airgap\nmanagementMode: local'), []);
  t.deepEqual(word('installationMode: airgap'), [
    '3:21: warning: stylus.installationMode: is passed over by agents since Palette 4.8; these need managementMode: local',
  ]);
  t.deepEqual(word('installationMode: connected'), [
    '3:21: note: stylus.installationMode: is passed over by agents since Palette 4.8; managementMode: central says the same',
  ]);
});

test('airgap excludes what registers a host', (t) => {
  const site =
    'paletteEndpoint: p.example.com\nedgeHostToken: <token>\nprojectUid: "1"\nprojectName: a\nregistrationURL: https://r.example.com\ninsecureSkipVerify: true';
  const found = said(stylus(`managementMode: local\nsite:\n  ${site.replaceAll('\n', '\n  ')}`));
  for (const [line, name] of [
    'paletteEndpoint',
    'edgeHostToken',
    'projectUid',
    'projectName',
    'registrationURL',
  ].entries())
    t.true(
      found.some(
        (fault) =>
          fault.startsWith(`${line + 5}:`) &&
          fault.endsWith(
            `stylus.site.${name}: is for hosts that Palette manages; leave it out in airgap mode`,
          ),
      ),
      name,
    );
  t.true(
    found.some((fault) => /^10:\d+: warning: stylus\.site\.insecureSkipVerify: has no effect/.test(fault)),
  );
});

test('airgap needs a login, connected an endpoint and a token; user-data of a site need not be whole', (t) => {
  t.regex(
    faultsOf(`${header}stylus: {managementMode: local}\n`).join(),
    /^u:2:1: warning: stylus: has no user with a password: /,
  );
  const bare = `${header}stylus:\n  site:\n    name: one\n`;
  const missing = faultsOf(bare).join('\n');
  t.regex(missing, /^u:3:3: warning: stylus\.site: has no site\.paletteEndpoint/m);
  t.regex(missing, /^u:3:3: warning: stylus\.site: has no site\.edgeHostToken and no site\.registrationURL/m);
  t.deepEqual(faultsOf(bare, { site: true }), []);
  t.regex(
    faultsOf(`${header}install: {reboot: true}\n`).join(),
    /has no stylus: the host would not register/,
  );
});

test('the endpoint is a host name', (t) => {
  const with_ = (value: string) =>
    faultsOf(connected.replace('api.spectrocloud.com', value)).filter((line) => line !== token);
  t.deepEqual(with_('https://p.example.com/x'), [
    'u:4:22: warning: stylus.site.paletteEndpoint: is a URL; documented endpoints are host names: p.example.com',
  ]);
  t.deepEqual(with_('p.example.com:8443'), []);
  t.deepEqual(with_('"p example"'), [
    'u:4:22: stylus.site.paletteEndpoint: expected a host name, such as api.spectrocloud.com',
  ]);
});

test('names, ports, feature gates', (t) => {
  t.deepEqual(
    said(
      stylus(
        'localUI: {port: 70000}\nimageRedirectWebhook: {port: 0}\nfeatureGate: UserDataFrom,x\nsite:\n  name: a.b\n  prefix: a_b\n  hostName: -a',
      ),
    ),
    [
      '3:19: stylus.localUI.port: expected a port from 1 to 65535, found 70000',
      '5:16: warning: stylus.featureGate: lists UserDataFrom, which is not documented; did you mean UserDataForm?',
      '5:16: warning: stylus.featureGate: lists x, which is not documented',
      '7:11: warning: stylus.site.name: has ".", which ids of hosts cannot have',
      '8:13: stylus.site.prefix: expected letters, digits and hyphens',
      '9:15: stylus.site.hostName: is not a host name: letters, digits, hyphens and dots',
    ],
  );
  t.deepEqual(said(stylus('site: {name: "a\u200bb", prefix: "a\u200bb", hostName: "a\u00a0b"}')), [
    '3:16: warning: stylus.site.name: holds a zero-width space (U+200B), which ids of hosts cannot have',
    '3:31: stylus.site.prefix: expected letters, digits and hyphens; it holds a zero-width space (U+200B)',
    '3:48: stylus.site.hostName: is not a host name: letters, digits, hyphens and dots; it holds a no-break space (U+00A0)',
  ]);
  t.deepEqual(said(stylus('site: {name: $random}\nemcServer: {port: 5080}')), [
    '4:3: note: stylus.emcServer: is called localUI in newer agents',
  ]);
  t.deepEqual(said('install: {poweroff: true, reboot: true, bind_mounts: [opt/x]}\n'), [
    '2:35: warning: install.reboot: is asked for together with poweroff; a host can do one of them',
    '2:55: install.bind_mounts[0]: expected a path from the root, such as /var/lib/osd',
  ]);
});

test('agent mode has no disk to lay out', (t) => {
  const body = 'install: {extra-partitions: [{name: d, size: 100, fs: ext4, label: D}]}\n';
  t.deepEqual(said(body), []);
  t.deepEqual(said(body, { agent: true }), [
    '2:11: warning: install.extra-partitions: has no effect in agent mode, where nothing installs a system',
  ]);
});

test('the network of a site', (t) => {
  const network = (lines: string) =>
    said(stylus(`site:\n  network:\n    ${lines.replaceAll('\n', '\n    ')}`));
  t.deepEqual(
    network('httpProxy: proxy.example.com\nhttpsProxy: http://p:3128\nnameserver: 1.1.1.1, 9.9.9.9'),
    ['5:18: stylus.site.network.httpProxy: expected a URL, such as http://proxy.example.com:3128'],
  );
  t.deepEqual(
    network(
      'nameserver: dns\ninterfaces:\n  eth0: {type: static, ipAddress: 10.0.0.300/24}\n  eth1: {ipAddress: 10.0.0.3}\n  eth2: {type: auto}',
    ),
    [
      '5:19: stylus.site.network.nameserver: expected an IP address; a name server cannot be given by name',
      '7:9: warning: stylus.site.network.interfaces.eth0: is static and has no gateway',
      '7:41: stylus.site.network.interfaces.eth0.ipAddress: expected an IP address, such as 10.0.10.25/24',
      '8:27: warning: stylus.site.network.interfaces.eth1.ipAddress: has no effect without type: static',
      '8:27: warning: stylus.site.network.interfaces.eth1.ipAddress: has no mask; write it behind a slash, such as /24',
      '9:22: stylus.site.network.interfaces.eth2.type: expected dhcp or static, found "auto"',
    ],
  );
  t.deepEqual(said(stylus('site: {ntpServers: [pool.example.org, "a b"]}')), [
    '3:41: stylus.site.ntpServers[1]: expected host names or IP addresses',
  ]);
});

test('registries', (t) => {
  const body = stylus(`externalRegistries:
  registries:
    - domain: https://r.example.com
      username: u
      password: not-base64!
      encodedPassword: true
      certificates: ["x"]
    - {username: a, password: <yourPassword>}
  registryMappingRules:
    "gcr.io/x": other.example.com
registryCredentials: {domain: r.example.com}`);
  t.deepEqual(said(body), [
    '5:17: stylus.externalRegistries.registries[0].domain: is a URL; names of images begin without https://',
    '7:19: stylus.externalRegistries.registries[0].password: is not base64, which encodedPassword: true says that it is',
    '7:19: warning: is a password that whoever has the medium can read (base64 hides nothing); give it an account that may only pull',
    '9:24: stylus.externalRegistries.registries[0].certificates[0]: is not a certificate: expected -----BEGIN CERTIFICATE-----, five hyphens each',
    '10:9: stylus.externalRegistries.registries[1]: has no domain; it says which registry it is',
    '10:33: is a placeholder of an example; write your own value in its place',
    '12:19: warning: stylus.externalRegistries.registryMappingRules.gcr.io/x: maps to a registry that externalRegistries.registries does not list',
    '13:3: warning: stylus.registryCredentials: is for a single registry, and externalRegistries is there, too; list that registry there',
  ]);
});

test('certificates: PEM or base64 of it, sound, and not over', (t) => {
  const caCerts = (text: string, use = {}) =>
    said(`stylus: {site: {caCerts: [${JSON.stringify(text)}]}}\n`, use).map((line) =>
      line.replace(/^.*?caCerts\[0\]: /, ''),
    );
  t.deepEqual(caCerts(certificate), []);
  t.deepEqual(caCerts(Buffer.from(certificate).toString('base64')), []);
  t.deepEqual(caCerts(certificate.replace(/-----[A-Z ]+-----/g, '').trim()), []);
  t.deepEqual(caCerts(`-${certificate}`.replace('CATE-----', 'CATE------')), [
    'is not a certificate: it cannot be decoded',
  ]);
  t.deepEqual(caCerts('-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----'), [
    'is not a certificate: it cannot be decoded',
  ]);
  t.deepEqual(caCerts(`${certificate}-----BEGIN PRIVATE KEY-----\n`), [
    'has a private key in it; it takes certificates alone',
  ]);
  t.regex(
    caCerts(certificate, { now: Date.parse('3000-01-01') })[0] ?? '',
    /^is a certificate that ended on /,
  );
});

test('stages: names, lists of steps, keys of steps', (t) => {
  const body = `stages:
  initramfs:
    users: {a: {groups: [sudo]}}
  network.after:
    - if: [-f /x]
      command: [ls]
    - just text
  bootup: []
  boot.before:
    - users:
        - name: a
`;
  t.deepEqual(said(body), [
    '3:3: stages.initramfs: expected a list of steps; put a hyphen before each: - name: …',
    '6:7: stages.network.after[0].if: expected text: a condition in brackets stands in quotes, such as \'[ -f "/file" ]\'',
    '7:7: warning: stages.network.after[0].command: is not a key that Kairos reads here; did you mean commands?',
    '8:7: stages.network.after[1]: expected a step: a map, such as name: and commands: with a list',
    '9:3: warning: stages.bootup: is not a stage that Kairos runs; did you mean boot?',
    '11:7: stages.boot.before[0].users: expected names of users, each with its values below; no hyphens',
  ]);
});

test('placeholders of examples', (t) => {
  for (const value of ['<yourToken>', '"****"', '$TOKEN', '${TOKEN}', 'aBCxxxxxxxxxx1d'])
    t.deepEqual(said(stylus(`site:\n  edgeHostToken: ${value}`)), [
      '4:20: is a placeholder of an example; write your own value in its place',
    ]);
});

test('secrets as plain text are told, and never shown', (t) => {
  const body = `stages:
  initramfs:
    - users:
        a: {passwd: hunter2}
        b: {passwd: $6$salt$hash}
stylus: {site: {edgeHostToken: s3cret, network: {httpProxy: "http://me:hunter3@p.example.com"}}}
`;
  const found = said(body);
  t.is(found.length, 3, found.join('\n'));
  t.true(found.every((line) => line.includes('warning: ')));
  t.notRegex(found.join(), /hunter|s3cret/);
});

test('YAML: not one, twice the same key, two documents, an alias of nothing', (t) => {
  t.regex(said('stylus: {a: [\n').join(), /^\d+:\d+: /);
  t.deepEqual(said(stylus('debug: true\ndebug: false')), [
    '4:3: gives debug twice; one of them would be lost',
  ]);
  t.deepEqual(said('install: {}\n---\nstylus: {}\n'), [
    '3:1: begins another document; only the first one is used',
  ]);
  t.deepEqual(said('---\ninstall: {}\n'), []);
  t.deepEqual(said('stages: {boot: [{users: {a: {passwd: ******}}}]}\n'), [
    '2:38: refers to an anchor that is not there; write text in quotes',
  ]);
  t.deepEqual(faultsOf(Buffer.from([0x23, 0xff])), ['u: expected UTF-8 text']);
  t.regex(
    faultsOf(Buffer.alloc(3 * 2 ** 20, 0x20)).join(),
    /^u: is 3145728 bytes long; expected at most 2097152; shorten it$/,
  );
});

test('no more faults than anybody reads', (t) => {
  const many = Array.from({ length: 500 }, (_, index) => `  k${index}: 1`).join('\n');
  const found = faultsOf(`${header}stylus:\n${many}\n`, { site: true });
  t.is(found.length, 201);
  t.is(found.at(-1), 'u: warning: 300 more faults, 0 of them errors');
});
