/**
 * The keys of cloud-init that Raspberry Pi Imager and people write, and what they mean here. Keys that both have
 * (hostname, write_files, ssh_authorized_keys) are not among them. Pure.
 * https://docs.cloud-init.io/en/latest/reference/modules.html
 */
import { keymapFor } from '../keys/keymaps.ts';
import { fromChpasswd, fromImportId, fromPasswordLogin, fromUsers } from './cloud-accounts.ts';
import { field, type Meaning, nothing, text, texts } from './meaning.ts';

type Reading = (value: unknown) => Meaning;

const lost =
  (what: string): Reading =>
  () => ({ config: {}, notes: [['warning', `is a key of cloud-init that has no effect here: ${what}`]] });
/** What it asks for is so anyway, or is about cloud-init itself. */
const moot: Reading = () => nothing({});

const packages = lost('the system is read-only and has no package manager');
const disks = lost('disks are set up by the installer');

/** In the order in which later ones win. */
export const cloudKeys: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  ['users', fromUsers],
  ['user', fromUsers],
  ['password', (value) => nothing(text(value) === undefined ? {} : { bos: { password: text(value) } })],
  ['chpasswd', fromChpasswd],
  ['ssh_import_id', fromImportId],
  ['ssh_pwauth', fromPasswordLogin],
  ['fqdn', (value) => nothing(text(value) === undefined ? {} : { hostname: text(value)?.split('.')[0] })],
  ['keyboard', fromKeyboard],
  ['ntp', fromNtp],
  ['resolv_conf', (value) => servers('dns_nameservers', texts(field(value, 'nameservers')))],
  ['timezone', lost('the clock of the system is in UTC')],
  ['locale', lost('messages are in English')],
  ...['packages', 'package_update', 'package_upgrade', 'package_reboot_if_required', 'snap', 'yum_repos'].map(
    (name) => [name, packages] as const,
  ),
  ...['disk_setup', 'fs_setup', 'mounts', 'swap'].map((name) => [name, disks] as const),
  ['groups', lost('there is one account')],
  ['ssh_keys', lost('host keys are made on the node, and stay there')],
  ['ca_certs', lost('write files and run update-ca-certificates, or give bos.environment')],
  ['power_state', lost('a command of runcmd can restart the node')],
  ['phone_home', lost('a command of runcmd can do that')],
  ['rpi', lost('config.txt on this partition sets up the interfaces of a Raspberry Pi')],
  ...[
    ...['manage_etc_hosts', 'manage_resolv_conf', 'preserve_hostname', 'prefer_fqdn_over_hostname', 'apt'],
    ...['enable_ssh', 'growpart', 'resize_rootfs', 'disable_root', 'disable_root_opts', 'ssh_deletekeys'],
    ...[
      'ssh_genkeytypes',
      'ssh_quiet_keygen',
      'no_ssh_fingerprints',
      'final_message',
      'output',
      'datasource',
    ],
    ...[
      'datasource_list',
      'system_info',
      'cloud_init_modules',
      'cloud_config_modules',
      'cloud_final_modules',
    ],
    ...['byobu_by_default', 'locale_configfile', 'ssh_fp_console_blacklist', 'reporting', 'vendor_data'],
  ].map((name) => [name, moot] as const),
]);

/** Runs once for each instance; `run_cmd`, which is ours, with each boot. */
export const onceKey = 'runcmd';

function fromKeyboard(value: unknown): Meaning {
  const layout = text(field(value, 'layout'));
  if (layout === undefined) return nothing({});
  const keymap = keymapFor(layout, text(field(value, 'variant')));
  if (keymap !== undefined) return nothing({ bos: { keymap } });
  return {
    config: {},
    notes: [['warning', 'names a layout for which no keymap is known; write bos.keymap']],
  };
}

const servers = (key: 'ntp_servers' | 'dns_nameservers', names: readonly string[]): Meaning =>
  nothing(names.length === 0 ? {} : { bos: { [key]: names } });

function fromNtp(value: unknown): Meaning {
  if (field(value, 'enabled') === false) return nothing({});
  return servers('ntp_servers', [...texts(field(value, 'servers')), ...texts(field(value, 'pools'))]);
}
