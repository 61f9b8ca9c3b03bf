/** Examples of user-data in the forms that documentation and CanvOS' template have them: their own mistakes are named. */
import test from 'ava';
import { faultsOf, header } from './user-data-texts.ts';

const errorsOf = (text: string): string[] =>
  faultsOf(text).filter((line) => !/^u:\d+:\d+: (?:warning|note): /.test(line));

/** The template: a certificate that only looks like one, and a password that is a comment. */
const template = `${header}
cluster:
  env:
    two-node: "true"
stylus:
  site:
    paletteEndpoint: palette.example.com
    edgeHostToken: abcxxxxxxxxx0Yz
    projectName: shops
    twoNode:
       enabled: true
       health-check-script: /opt/bin/check.sh
    registrationURL: https://register.example.com/
    network:
      httpProxy: http://proxy.example.com
      noProxy: 10.1.0.0/16
      interfaces:
           eno1:
               type: static
               ipAddress: 10.1.0.5/24
               gateway: 10.1.0.1
    caCerts:
      - |
        ------BEGIN CERTIFICATE------
        *****************************
        ------END CERTIFICATE------
  registryCredentials:
    domain: registry.example.com
    username: kim
    password: ####
    insecure: false
`;

test('the template', (t) => {
  t.deepEqual(errorsOf(template), [
    'u:9:20: is a placeholder of an example; write your own value in its place',
    'u:24:9: stylus.site.caCerts[0]: is not a certificate: it cannot be decoded',
    'u:31:5: stylus.registryCredentials.password has nothing behind it: # begins a comment; write the value in quotes',
  ]);
});

/** Central management with a number for a project, debugging where it is not read, and a registry without a login. */
const central = `${header}
stylus:
  registryCredentials:
    domain: 10.2.0.4:8000/images
    username: ubuntu
    password: <yourPassword>
    insecure: true
  site:
    debug: true
    insecureSkipVerify: false
    paletteEndpoint: palette.example.com
    projectUid: 12345677788
install:
  poweroff: false
stages:
  initramfs:
    - users:
        kairos:
          groups:
            - sudo
          passwd: kairos
      name: Create a user
`;

test('central management', (t) => {
  t.deepEqual(errorsOf(central), [
    'u:7:15: is a placeholder of an example; write your own value in its place',
    'u:13:17: stylus.site.projectUid: expected text, found the number 12345677788; write it in quotes',
  ]);
  const mended = central.replace('<yourPassword>', 'secret').replace('12345677788', '"12345677788"');
  t.deepEqual(errorsOf(mended), []);
  t.true(faultsOf(mended).some((line) => line.includes('stylus.site.debug is not read here')));
});

/** Local management with rules for registries that are not listed: images come with the content. */
const local = `${header}stylus:
  managementMode: local
  externalRegistries:
    registryMappingRules:
      "us-docker.example.dev/images": "registry.example.com/images"
stages:
  initramfs:
    - users: {kairos: {passwd: kairos}}
`;

test('local management', (t) => {
  t.deepEqual(errorsOf(local), []);
});

/** A stage with a map in the place of a list, a condition without quotes, and a stage at the top. */
const stages = `stages:
  initramfs:
    files:
      - path: /etc/registries.yaml
        permissions: 0644
        content: |
          mirrors: {}
  network.after:
    - name: skip-copy-subscribe
      if: [-f "/usr/sbin/subscription-manager"]
      commands:
        - subscription-manager refresh
boot.after:
  - |
    true
`;

test('stages', (t) => {
  t.deepEqual(
    errorsOf(stages).map((line) => line.split(': ')[0]),
    ['u:1:1', 'u:2:3', 'u:10:7', 'u:13:1'],
  );
});

/** Partitions, GPU data in a file, an agent on somebody's system. */
test('what is valid as it stands', (t) => {
  for (const body of [
    'install:\n  partitions:\n    persistent:\n      size: 200000\n  extra-partitions:\n    - {name: data, size: 100000, fs: ext4, label: DATA}\n',
    'stages:\n  boot.after:\n    - files:\n        - {path: /etc/gpu.json, permissions: 0644, owner: 0, group: 0, content: "[]"}\n      name: GPU\n',
    'stylus:\n  vip:\n    skip: false\n  skipKubeVip: false\n  path: /var/lib/spectro\n  featureGate: "UserDataForm,DisableWorkerNodeCapReconcile"\n  site:\n    deviceUIDPaths:\n      - {name: /etc/palette/id, regex: "edge.*"}\n    tagsFromFile: {fileName: /etc/tags, delimiter: ";", separator: ":"}\n    tagsFromScript: {scriptName: /etc/tags.sh, timeout: 60}\n',
    'stylus:\n  localUI: {login: {disableRateLimiting: false, lockoutDurationInMinutes: 15, maxFailedAttemptsBeforeLockout: 5}}\n  imageRedirectWebhook: {enable: true, port: 0}\n  site: {users: [{groups: [sudo]}], remoteShell: {disable: true}}\n',
  ])
    t.deepEqual(errorsOf(header + body), [], body);
});
