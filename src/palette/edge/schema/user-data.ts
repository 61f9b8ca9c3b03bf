/**
 * What user-data holds beside `stylus`: `install` and `stages` as the installer reference and Kairos have them
 * (kairos.io/docs/reference/configuration, mudler/yip pkg/schema). Values of Kairos' own keys are not looked at.
 */
import {
  anything,
  flag,
  int64,
  listOf,
  mapOf,
  type ObjectSchema,
  object,
  type Schema,
  text,
} from '../../../kubernetes/schema/schema.ts';
import { stylusSchema } from './stylus.ts';

const partition = object({ name: text, size: int64, fs: text, label: text, flags: anything });

export const installSchema = object({
  bind_mounts: listOf(text),
  ephemeral_mounts: listOf(text),
  'extra-dirs-rootfs': listOf(text),
  grub_options: mapOf(text),
  partitions: object({
    persistent: partition,
    oem: partition,
    recovery: partition,
    state: partition,
    efi: partition,
  }),
  'extra-partitions': listOf(partition),
  poweroff: flag,
  reboot: flag,
  ...any('active', 'auto', 'bios', 'bundles', 'device', 'encrypted_partitions', 'env', 'firmware', 'image'),
  ...any(
    'iso',
    'no-format',
    'nousers',
    'options',
    'part-table',
    'passive',
    'recovery-system',
    'skip_copy_kcrypt',
  ),
  ...any('system', 'target', 'tty', 'recovery'),
});

function any(...names: readonly string[]): Readonly<Record<string, Schema>> {
  return Object.fromEntries(names.map((name) => [name, anything]));
}

/** Keys of Kairos and cloud-init beside ours. */
const beside = [
  ...['arch', 'bundles', 'cluster', 'debug', 'env', 'extensions', 'fail-on-bundles-errors', 'grub_options'],
  ...['growpart', 'hostname', 'k0s', 'k0s-worker', 'k3s', 'k3s-agent', 'kcrypt', 'kubevip', 'labels', 'name'],
  ...['p2p', 'package_update', 'packages', 'platform', 'recovery', 'registry_mirrors', 'reset', 'runcmd'],
  ...[
    'strict',
    'ssh_authorized_keys',
    'upgrade',
    'user',
    'users',
    'vpn',
    'write_files',
    'network',
    'password',
  ],
] as const;

export const userDataSchema: ObjectSchema = object({
  stylus: stylusSchema,
  install: installSchema,
  stages: mapOf(anything),
  ...any(...beside),
});

/** Each of them also with `.before` and `.after`. */
export const stageNames = [
  ...['rootfs', 'initramfs', 'boot', 'fs', 'network', 'reconcile', 'before-install', 'after-install'],
  ...['after-install-chroot', 'before-upgrade', 'after-upgrade', 'after-upgrade-chroot', 'before-reset'],
  ...['after-reset', 'after-reset-chroot', 'kairos-install.pre', 'kairos-install.after'],
  ...['kairos-uki-install.pre', 'kairos-uki-install.after', 'provider-install', 'install-active'],
] as const;

export const stageUser = object({
  ...any('groups', 'ssh_authorized_keys', 'lock_passwd', 'uid', 'primary_group', 'home', 'no_create_home'),
  ...any('gecos', 'no_user_group', 'system', 'no_log_init', 'homedir', 'shell', 'name'),
  passwd: text,
  passwordExpiry: anything,
});

/** One step of a stage. */
export const stageStep = object({
  name: text,
  if: text,
  commands: listOf(text),
  files: listOf(
    object({
      ...{ path: text, content: text, encoding: text, ownerstring: text },
      ...any('permissions', 'owner', 'group'),
    }),
  ),
  users: mapOf(stageUser),
  hostname: text,
  ...any('after', 'authorized_keys', 'datasource', 'delete_entities', 'directories', 'dns', 'downloads'),
  ...any('ensure_entities', 'entities', 'environment', 'environment_file', 'git', 'if_arch', 'if_files'),
  ...any('if_os', 'if_os_version', 'if_service_manager', 'layout', 'modules', 'node', 'only_arch', 'only_os'),
  ...any('only_os_version', 'only_service_manager', 'packages', 'sysctl', 'systemctl', 'systemd_firstboot'),
  ...any('timesyncd', 'unpack_images'),
});
