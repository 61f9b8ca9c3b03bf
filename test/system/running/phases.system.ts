/**
 * The table of keys and phases, in machines that boot: each key has its effect in the phases that the table marks
 * and in no other, when it comes from a file, from the command line and from a cloud's user data.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { MachineInput } from '../../../src/vm/machine.ts';
import type { Session } from '../../../src/vm/session.ts';
import { bootLimit, ok, pxeSet } from '../support/boots.ts';
import { fullConfig, publicKey as key, password, clusterSecret as secret } from '../support/full-config.ts';
import { addToInitrd, dcpEntries, fileAt } from '../support/initrd-files.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 3;

/** Each word with the test that tells that the key acted. None needs a double quote, which a command line would. */
const effects = {
  hostname: 'test $(cat /proc/sys/kernel/hostname) = phases',
  modules: "grep -q '^dummy ' /proc/modules",
  sysctls: 'test $(cat /proc/sys/net/ipv4/ip_default_ttl) = 77',
  password: "grep -q '^bhojpur:[$]' /etc/shadow",
  environment: 'grep -q phases_test /etc/environment',
  write_files: 'test -e /etc/phases-file',
  keymap: "dumpkeys -C /dev/tty0 | grep -q 'keycode *21 = z'",
  ssh_authorized_keys: 'grep -qs AAAAC3NzaC1lZDI1 /home/bhojpur/.ssh/authorized_keys',
  ssh_password_login: 'grep -qs ^PasswordAuthentication.no /etc/ssh/sshd_config.d/00-password-login.conf',
  ntp_servers: "grep -q 'FallbackTimeservers.*192.0.2.1' /etc/connman/main.conf",
  dns_nameservers: "grep -q 'FallbackNameservers.*192.0.2.2' /etc/connman/main.conf",
  network: 'grep -qs IPv4=192.0.2.7/255.255.255.0 /var/lib/connman/bos-network.config',
  wifi: 'grep -rqs phaseswifi /var/lib/connman --include=*.config',
  server_url: 'grep -qs 192.0.2.3 /etc/bhojpur/dcp/dcp.env',
  token: `grep -qs ${secret} /etc/bhojpur/dcp/dcp.env`,
  labels: 'grep -rqs region=phases /etc/systemd/system/dcp.service.d',
  taints: 'grep -rqs phases=yes:NoSchedule /etc/systemd/system/dcp.service.d',
  dcp_args: 'grep -rqs data-dir=/var/phases /etc/systemd/system/dcp.service.d',
} as const;
type Effect = keyof typeof effects;

const probe = [
  'mkdir -p /run/seen',
  ...Object.entries(effects).map(([word, test]) => `${test} && echo ${word} >> /run/seen/$1`),
  'echo end >> /run/seen/$1',
].join('; ');

const inAllThree: readonly Effect[] = [
  'hostname',
  'modules',
  'sysctls',
  'password',
  'environment',
  'write_files',
];
const everything = Object.keys(effects) as Effect[];

/** The probe lies on the medium, since a kernel takes no more than 2048 bytes; it runs as the last of each phase. */
const probeCommands = ['init_cmd="sh /bos/probe initrd"', 'boot_cmd="sh /bos/probe boot"'];

const commandLine = [
  'hostname=phases',
  `ssh_authorized_key="${key}"`,
  'write_files.path=/etc/phases-file write_files.content=written',
  ...probeCommands,
  'run_cmd="sh /bos/probe runtime"',
  'bos.module=dummy bos.sysctl[net.ipv4.ip_default_ttl]=77',
  'bos.ntp_server=192.0.2.1 bos.dns_nameserver=192.0.2.2',
  'bos.network.name=phases0 bos.network.addresses=192.0.2.7/24',
  'bos.wifi.name=phaseswifi bos.wifi.passphrase=a-passphrase',
  `bos.password=a-password bos.server_url=https://192.0.2.3:6443 bos.token=${secret}`,
  'bos.ssh_password_login=false bos.keymap=de-latin1',
  'bos.label[region]=phases bos.taint=phases=yes:NoSchedule',
  'bos.dcp_arg=agent bos.dcp_arg=--data-dir=/var/phases bos.environment[phases_test]=yes',
];

/** Sleeps, and keeps what it was started with. */
const standIn = `#!/bin/sh
echo "$*" > /run/dcp-arguments
env > /run/dcp-environment
exec sleep infinity
`;

/** Boots the PXE set with files of our own behind its archive, waits for the runtime phase, returns what was seen. */
async function bootWith(
  t: SystemContext,
  name: string,
  words: readonly string[],
  config: string | undefined,
  more: Partial<MachineInput> = {},
): Promise<{ session: Session; seen: Record<string, string[]> }> {
  const kernel = await addToInitrd(t.host, pxeSet(t, ...words), join(t.folder, `initrd-${name}`), [
    ...dcpEntries(standIn),
    fileAt('bos/probe', `${probe}\n`),
    ...(config === undefined ? [] : [fileAt('bos/system/config.yaml', config, 0o600)]),
  ]);
  const session = await t.start({ memory: 640, kernel, ...more });
  await session.login('bhojpur', { ...bootLimit, password });
  await ok(session, 'sudo systemctl start bos-config.service; true', 120_000);
  const seen: Record<string, string[]> = {};
  for (const phase of ['initrd', 'boot', 'runtime']) {
    const text = await ok(session, `cat /run/seen/${phase} 2>/dev/null || true`);
    seen[phase] = text.split(/\s+/).filter((word) => word !== '');
  }
  return { session, seen };
}

function sawExactly(seen: readonly string[] | undefined, words: readonly string[], phase: string) {
  assert.deepEqual([...(seen ?? [])].toSorted(), [...words, 'end'].toSorted(), phase);
}

/** No process has the secret on its command line, but for the kernel's own. */
const noSecretShown = (session: Session) =>
  // In brackets, so that grep does not find itself.
  ok(session, `! grep -alq '${secret.replace(/.$/, '[$&]')}' /proc/[0-9]*/cmdline`);

/** When DCP was started, which it is after the look at its datastore. */
const dcpArguments = (session: Session): Promise<string> =>
  ok(session, 'timeout 90 sh -c "until cat /run/dcp-arguments 2>&-; do sleep 0.5; done"', 100_000);

export const tests: SystemTest[] = [
  {
    name: 'phase table: every key of a file acts in its phases and in no other',
    seconds: 55,
    run: async (t) => {
      const scripts = [
        ['init_cmd', 'initrd'],
        ['boot_cmd', 'boot'],
        ['run_cmd', 'runtime'],
      ].map(
        ([name, phase]) =>
          `${name}: ["sh /bos/probe ${phase}", "false", "echo after >> /run/after-${phase}"]\n`,
      );
      const { session, seen } = await bootWith(t, 'file', [], `${fullConfig}${scripts.join('')}`);
      sawExactly(seen.initrd, inAllThree, 'initrd');
      sawExactly(seen.boot, everything, 'boot');
      sawExactly(seen.runtime, everything, 'runtime');
      // A command that fails stops nothing and is reported.
      await ok(session, 'test -e /run/after-initrd -a -e /run/after-boot -a -e /run/after-runtime');
      assert.match(await ok(session, 'opsctl status; true'), /false/);
      assert.match(await dcpArguments(session), /^agent --data-dir=\/var\/phases/);
      assert.match(await ok(session, 'sudo cat /run/dcp-environment'), new RegExp(secret));
      assert.match(await ok(session, 'sudo sshd -T'), /^passwordauthentication no\r?$/m);
      await noSecretShown(session);
    },
  },
  {
    name: 'phase table: every key of the command line acts in its phases and in no other',
    seconds: 50,
    soak: true,
    run: async (t) => {
      const { seen } = await bootWith(t, 'line', commandLine, undefined);
      sawExactly(seen.initrd, inAllThree, 'initrd');
      sawExactly(seen.boot, everything, 'boot');
      sawExactly(seen.runtime, everything, 'runtime');
    },
  },
  {
    name: "phase table: a cloud's user data acts at runtime only",
    seconds: 55,
    soak: true,
    run: async (t) => {
      const folder = join(t.folder, 'cidata');
      await t.host.files.makeDir(folder);
      const never = 'init_cmd: [touch /run/never]\nboot_cmd: [touch /run/never]\n';
      const userData = `#cloud-config\n${fullConfig}${never}run_cmd: [sh /bos/probe runtime]\n`;
      await t.host.files.write(join(folder, 'user-data'), userData);
      await t.host.files.write(join(folder, 'meta-data'), 'instance-id: phases\n');
      const image = join(t.folder, 'cidata.iso');
      await t.host.processes.run('xorriso', [
        ...['-as', 'mkisofs', '-quiet', '-V', 'cidata', '-J', '-r', '-o', image, folder],
      ]);
      // With a password from the start: the console can be used whether the runtime phase is done or not.
      const words = [...probeCommands, 'bos.data_sources=cdrom', `bos.password=${password}`];
      const { session, seen } = await bootWith(t, 'cloud', words, undefined, {
        disks: [{ id: 'cidata', file: image, bus: 'cd', readOnly: true }],
      });
      sawExactly(seen.initrd, ['password'], 'initrd');
      sawExactly(seen.boot, ['password'], 'boot');
      // A layout is for who types before anything comes from a network.
      const later = everything.filter((word) => word !== 'keymap');
      sawExactly(seen.runtime, later, 'runtime');
      await ok(session, 'test ! -e /run/never');
      assert.match(await dcpArguments(session), /^agent --data-dir=\/var\/phases/);
    },
  },
];
