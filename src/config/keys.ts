/**
 * The table of keys: one row per key of the configuration. Parsers, validation, merge, the JSON Schema and the
 * reference all follow from it; a new key is a new row here and, when it acts in the OS, an applier.
 */
import * as checks from './checks.ts';
import type { KeyRow, ValueOf } from './key-types.ts';

export const keys = [
  {
    name: 'hostname',
    type: 'string',
    phases: ['initrd', 'boot', 'runtime'],
    check: checks.hostname,
    help: 'The name of the machine. A name that DHCP gives later wins.',
    example: 'hostname=myhost',
  },
  {
    name: 'ssh_authorized_keys',
    aliases: ['ssh_authorized_key'],
    type: 'strings',
    merge: 'union',
    phases: ['boot', 'runtime'],
    check: checks.sshKey,
    help: 'Public keys for the user bhojpur: literal, github:USER, gitlab:USER or an https URL (the last three are fetched once the network is up). Sources add up.',
    example: 'ssh_authorized_keys=github:bhojpur',
  },
  {
    name: 'write_files',
    aliases: ['write_file'],
    type: 'objects',
    phases: ['initrd', 'boot', 'runtime'],
    fields: [
      {
        name: 'path',
        type: 'string',
        required: true,
        check: checks.absolutePath,
        help: 'Where the file goes.',
      },
      { name: 'content', type: 'content', secret: true, help: 'What it holds: text, or bytes as !!binary.' },
      {
        name: 'encoding',
        type: 'string',
        choices: ['', 'b64', 'base64', 'gz', 'gzip', 'gz+b64', 'gz+base64', 'gzip+b64', 'gzip+base64'],
        help: 'How content is encoded; plain when left out.',
      },
      { name: 'owner', type: 'string', help: 'USER or USER:GROUP, by name or number; root when left out.' },
      { name: 'permissions', type: 'mode', help: 'Permission bits in octal; 0644 when left out.' },
    ],
    help: 'Files to write. /etc is new at every boot, /usr is read-only; what should last belongs below /var, /home or /opt.',
    example: 'write_files.path=/etc/motd write_files.content="hello"',
  },
  {
    name: 'init_cmd',
    aliases: ['init_cmds'],
    type: 'strings',
    phases: ['initrd'],
    help: 'Commands to run in the initrd phase, after write_files.',
    example: 'init_cmd="echo hello"',
  },
  {
    name: 'boot_cmd',
    aliases: ['boot_cmds'],
    type: 'strings',
    phases: ['boot'],
    help: 'Commands to run in the boot phase, after write_files, before any service starts.',
    example: 'boot_cmd="echo hello"',
  },
  {
    name: 'run_cmd',
    aliases: ['run_cmds'],
    type: 'strings',
    phases: ['runtime'],
    help: 'Commands to run in the runtime phase, after write_files, when the network is up.',
    example: 'run_cmd="echo hello"',
  },
  {
    name: 'bos.mode',
    type: 'string',
    choices: ['live', 'install', 'disk', 'local', 'shell', 'rescue'],
    phases: ['loader'],
    commandLineOnly: true,
    help: 'What to start: the live system, the installer, the system on the disk, or a rescue shell.',
    example: 'bos.mode=install',
  },
  {
    name: 'bos.fallback_mode',
    type: 'string',
    choices: ['install', 'live', 'rescue'],
    phases: ['loader'],
    commandLineOnly: true,
    help: 'What to start when no installation is found on any disk and none is damaged; a valid one is started.',
    example: 'bos.fallback_mode=install',
  },
  {
    name: 'bos.state',
    type: 'string',
    phases: ['loader'],
    commandLineOnly: true,
    help: 'The UUID of the file system BOS_STATE to start from; set by the boot menu.',
    example: 'bos.state=0c5f7ac8-2a3e-4b16-9d0f-1f6f3d2b7a11',
  },
  {
    name: 'bos.state_wait',
    type: 'string',
    default: '60',
    check: checks.seconds,
    phases: ['loader'],
    commandLineOnly: true,
    help: 'How many seconds to wait for slow disks.',
    example: 'bos.state_wait=120',
  },
  {
    name: 'bos.kernel',
    type: 'string',
    phases: ['loader'],
    commandLineOnly: true,
    help: 'The kernel version of the deployment to start; set by the boot menu.',
    example: 'bos.kernel=6.1.0-40-amd64',
  },
  {
    name: 'bos.os',
    type: 'string',
    phases: ['loader'],
    commandLineOnly: true,
    help: 'The OS version of the deployment to start; set by the boot menu.',
    example: 'bos.os=0.1.0',
  },
  {
    name: 'bos.dcp',
    type: 'string',
    phases: ['loader'],
    commandLineOnly: true,
    help: 'The DCP version of the deployment to start, empty for none; set by the boot menu.',
    example: 'bos.dcp=1.25.0',
  },
  {
    name: 'bos.install.silent',
    type: 'boolean',
    default: false,
    phases: ['install'],
    help: 'Ask no questions.',
    example: 'bos.install.silent',
  },
  {
    name: 'bos.install.device',
    type: 'string',
    check: checks.disk,
    phases: ['install'],
    help: 'The disk to install to: a path, a link of /dev/disk, or criteria joined with commas (serial=TEXT, model=TEXT, transport=TEXT, size>=SIZE, size<=SIZE, smallest, largest). Naming it, by path or serial number, is consent to erase it. With no_format: the partition of BOS_STATE.',
    example: 'bos.install.device=/dev/vda',
  },
  {
    name: 'bos.install.var_device',
    type: 'string',
    check: checks.disk,
    phases: ['install'],
    help: 'A second disk that holds /var alone, named or described as bos.install.device. Without it /var lies on BOS_STATE.',
    example: 'bos.install.var_device=/dev/vdb',
  },
  {
    name: 'bos.install.config_url',
    type: 'string',
    check: checks.configUrl,
    phases: ['install'],
    help: 'The configuration to install as /bhojpur/system/config.yaml.',
    example: 'bos.install.config_url=https://example.com/bhojpur.yaml',
  },
  {
    name: 'bos.install.iso_url',
    type: 'string',
    check: checks.configUrl,
    phases: ['install'],
    help: 'The ISO to download and install from, when the machine was not started from one.',
    example: 'bos.install.iso_url=https://example.com/bos-amd64.iso',
  },
  {
    name: 'bos.install.no_format',
    type: 'boolean',
    default: false,
    phases: ['install'],
    help: 'Use the partitions and file systems as they are.',
    example: 'bos.install.no_format',
  },
  {
    name: 'bos.install.force_efi',
    aliases: ['bos.install.efi'],
    type: 'boolean',
    default: false,
    phases: ['install'],
    help: 'Install for EFI even where this machine was started by a BIOS.',
    example: 'bos.install.force_efi',
  },
  {
    name: 'bos.install.tty',
    type: 'string',
    default: 'auto',
    phases: ['install'],
    help: 'The terminal for the console of the installer and of the installed system.',
    example: 'bos.install.tty=ttyS0',
  },
  {
    name: 'bos.install.debug',
    type: 'boolean',
    default: false,
    phases: ['install'],
    help: 'Log more during the installation and in the installed system.',
    example: 'bos.install.debug',
  },
  {
    name: 'bos.install.power_off',
    aliases: ['bos.install.poweroff'],
    type: 'boolean',
    default: false,
    phases: ['install'],
    help: 'Switch the machine off after the installation; it restarts otherwise.',
    example: 'bos.install.power_off',
  },
  {
    name: 'bos.install.wipe',
    type: 'boolean',
    default: false,
    phases: ['install'],
    help: 'Consent to erase a disk that carries data and was not named.',
    example: 'bos.install.wipe',
  },
  {
    name: 'bos.install.allow_no_login',
    type: 'boolean',
    default: false,
    phases: ['install'],
    help: 'Install although the configuration gives nobody a way to log in.',
    example: 'bos.install.allow_no_login',
  },
  {
    name: 'bos.password',
    type: 'string',
    secret: true,
    check: checks.password,
    phases: ['initrd', 'boot', 'runtime'],
    help: 'The password of the user bhojpur, in clear text or as a crypt hash.',
    example: 'bos.password="$6$salt$hash"',
  },
  {
    name: 'bos.data_sources',
    aliases: ['bos.data_source'],
    type: 'strings',
    choices: ['aws', 'cdrom', 'digitalocean', 'gcp', 'hetzner', 'openstack', 'packet', 'scaleway', 'vultr'],
    phases: ['runtime'],
    help: 'Clouds to ask for user data, in order; the first that has some ends the search.',
    example: 'bos.data_sources=aws bos.data_sources=cdrom',
  },
  {
    name: 'bos.modules',
    aliases: ['bos.module'],
    type: 'strings',
    check: checks.moduleName,
    phases: ['initrd', 'boot', 'runtime'],
    help: 'Kernel modules to load.',
    example: 'bos.modules=kvm',
  },
  {
    name: 'bos.sysctls',
    aliases: ['bos.sysctl'],
    type: 'map',
    phases: ['initrd', 'boot', 'runtime'],
    help: 'Kernel settings, as in /etc/sysctl.conf.',
    example: 'bos.sysctl[kernel.printk]="4 4 1 7"',
  },
  {
    name: 'bos.ntp_servers',
    aliases: ['bos.ntp_server'],
    type: 'strings',
    phases: ['boot', 'runtime'],
    help: 'Time servers for when connman is told of no others.',
    example: 'bos.ntp_servers=0.us.pool.ntp.org',
  },
  {
    name: 'bos.dns_nameservers',
    aliases: ['bos.dns_nameserver'],
    type: 'strings',
    phases: ['boot', 'runtime'],
    help: 'Name servers for when DHCP or connman give no others.',
    example: 'bos.dns_nameservers=1.1.1.1 bos.dns_nameservers=8.8.8.8',
  },
  {
    name: 'bos.wifi',
    aliases: ['bos.wifis'],
    type: 'objects',
    phases: ['boot', 'runtime'],
    fields: [
      { name: 'name', type: 'string', required: true, help: 'The name (SSID) of the network.' },
      { name: 'passphrase', type: 'string', secret: true, help: 'Its passphrase; none for an open network.' },
    ],
    help: 'Wireless networks to join.',
    example: 'bos.wifi.name=home bos.wifi.passphrase=mypassword',
  },
  {
    name: 'bos.server_url',
    type: 'string',
    check: checks.webUrl,
    phases: ['boot', 'runtime'],
    help: 'The DCP server to join as an agent.',
    example: 'bos.server_url=https://myserver:6443',
  },
  {
    name: 'bos.token',
    type: 'string',
    secret: true,
    phases: ['boot', 'runtime'],
    help: 'The cluster secret, or a node token, told apart by its form.',
    example: 'bos.token=myclustersecret',
  },
  {
    name: 'bos.labels',
    aliases: ['bos.label'],
    type: 'map',
    phases: ['boot', 'runtime'],
    help: 'Kubernetes labels that the node registers with; not read after that.',
    example: 'bos.labels[region]=us-west-1',
  },
  {
    name: 'bos.dcp_args',
    aliases: ['bos.dcp_arg'],
    type: 'strings',
    phases: ['boot', 'runtime'],
    help: 'Arguments of DCP, passed as they are; the first is server or agent.',
    example: 'bos.dcp_args=server bos.dcp_args=--cluster-init',
  },
  {
    name: 'bos.environment',
    aliases: ['bos.environments'],
    type: 'map',
    phases: ['initrd', 'boot', 'runtime'],
    help: 'Environment variables for DCP and the other services, such as an HTTP proxy.',
    example: 'bos.environment[http_proxy]=http://myserver',
  },
  {
    name: 'bos.taints',
    aliases: ['bos.taint'],
    type: 'strings',
    check: checks.taint,
    phases: ['boot', 'runtime'],
    help: 'Kubernetes taints that the node registers with; not read after that.',
    example: 'bos.taints=key1=value1:NoSchedule',
  },
] as const satisfies readonly KeyRow[];

export type Keys = typeof keys;
export type KeyName = Keys[number]['name'];
export type RowOf<K extends KeyName> = Extract<Keys[number], { readonly name: K }>;
export type KeyValue<K extends KeyName> = ValueOf<RowOf<K>>;
/** A row of the table seen as any row. */
export type Row = KeyRow & { readonly name: KeyName };

export const rows: readonly Row[] = keys;

const byName = new Map<string, Row>(
  rows.flatMap((row) => [row.name, ...(row.aliases ?? [])].map((name) => [name, row] as const)),
);
/** `bos`, `bos.install`: what holds keys without being one. */
const groups = new Set<string>(
  [...byName.keys()].flatMap((name) => {
    const parts = name.split('.').slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join('.'));
  }),
);

/** The row for a name or one of its aliases. */
export const findKey = (name: string): Row | undefined => byName.get(name);
export const isGroup = (name: string): boolean => groups.has(name);
/** Every name a key may be given by, aliases included. */
export const allNames = (): readonly string[] => [...byName.keys()];
