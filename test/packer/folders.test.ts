/** What every folder of packer/ has, and what none may have. */
import { readdirSync, statSync } from 'node:fs';
import test from 'ava';
import { plainSecrets } from '../../src/config/plain-secrets.ts';
import { parseConfigYaml } from '../../src/config/yaml/yaml.ts';
import { packerFolder, readIn, templates, variablesOf } from './folders.ts';

test('every promised folder is there, and the page of all names it', (t) => {
  const promised = ['aws', 'gcp', 'hetzner', 'openstack', 'proxmox', 'qemu', 'vagrant', 'vsphere'];
  t.deepEqual(templates, promised);
  const page = readIn('.', 'README.md');
  t.deepEqual(
    promised.filter((name) => !page.includes(`[${name}](${name}/README.md)`)),
    [],
  );
});

const secret = /password|secret|token/;

for (const name of templates) {
  const template = readIn(name, 'bos.pkr.hcl');
  const variables = variablesOf(readIn(name, 'variables.pkr.hcl'));

  test(`${name}: its variables are typed, described, used, and secrets are given by nobody but the user`, (t) => {
    t.true(variables.length >= 5);
    for (const variable of variables) {
      t.regex(variable.description ?? '', /^\S.*\.$|^.*: \S+.*$/, variable.name);
      t.regex(variable.type ?? '', /^(string|number|bool|list\(string\))$/, variable.name);
      t.is(variable.sensitive, secret.test(variable.name), variable.name);
      if (variable.sensitive) t.is(variable.default, undefined, variable.name);
    }
    const used = new Set([...template.matchAll(/\bvar\.([a-z_]+)/g)].map(([, each]) => each));
    t.deepEqual(variables.map((each) => each.name).toSorted(), [...used].toSorted() as string[]);
  });

  test(`${name}: nothing is typed, no secret is written down, and no block that Debian's packer does not know`, (t) => {
    for (const file of readdirSync(`${packerFolder}/${name}`).filter((each) => each.endsWith('.pkr.hcl'))) {
      const text = readIn(name, file);
      t.notRegex(text, /boot_command|boot_key_interval|boot_keygroup_interval/, file);
      t.notRegex(text, /required_plugins/, file);
      t.notRegex(text, /^\s*\w*(password|secret|token)\w*\s*=\s*"[^"$]/m, file);
    }
    t.regex(readIn(name, 'plugins.pkr.hcl.example'), /^packer \{\n {2}required_plugins \{\n/m);
  });

  test(`${name}: it ends when the machine is off, and not before`, (t) => {
    const waits = {
      // The builder waits by itself.
      aws: /disable_stop_instance = true/,
      qemu: /shutdown_timeout = var\.power_off_timeout/,
      vagrant: /disable_shutdown = true\n\s+shutdown_timeout = var\.power_off_timeout/,
      vsphere: /disable_shutdown = true\n\s+shutdown_timeout = var\.power_off_timeout/,
      // The builder stops or deletes the machine after the last provisioner, so that one waits.
      gcp: /provisioner "shell-local" \{\n\s+script = "\$\{path\.root\}\/wait-for-power-off\.sh"/,
      openstack: /provisioner "shell-local" \{\n\s+script = "\$\{path\.root\}\/wait-for-power-off\.sh"/,
      proxmox: /provisioner "shell-local" \{\n\s+script = "\$\{path\.root\}\/wait-for-power-off\.sh"/,
      // From a system in memory: the disk is complete when the command has ended.
      hetzner: /rescue\s+= "linux64"[\s\S]*"sync",\n\s+\]/,
    };
    t.regex(template, waits[name as keyof typeof waits]);
    if (template.includes('--takeover')) t.regex(template, /--silent --poweroff --reboot/);
    else t.regex(template, name === 'hetzner' ? /install \/dev\/sda .* --silent/ : /communicator\s+= "none"/);
  });

  test(`${name}: its configuration is valid and has no plain secret`, (t) => {
    const { diagnostics, layer } = parseConfigYaml(readIn(name, 'config.yaml'), `${name}/config.yaml`);
    t.deepEqual(diagnostics, []);
    t.deepEqual(plainSecrets(layer), []);
    t.true(layer.entries.has('bos.data_sources') || layer.entries.has('ssh_authorized_keys'));
  });

  test(`${name}: its page says how it is validated and built, and its scripts can be run`, (t) => {
    const page = readIn(name, 'README.md');
    for (const words of ['packer validate', 'packer build', 'variables.pkr.hcl', 'config.yaml'])
      t.true(page.includes(words), words);
    for (const file of readdirSync(`${packerFolder}/${name}`).filter((each) => each.endsWith('.sh')))
      t.is(statSync(`${packerFolder}/${name}/${file}`).mode & 0o111, 0o111, file);
  });
}
