/** What ISOs, PXE kits and disk images are told in the same words: kernel arguments, an unattended installation. */
import type { OptionRow } from '../command.ts';

export const appendKarg: OptionRow = {
  flags: '--append-karg <arg>',
  help: 'add a kernel argument',
  repeatable: true,
};

export const deleteKarg: OptionRow = {
  flags: '--delete-karg <arg>',
  help: 'remove a kernel argument',
  repeatable: true,
};

export const replaceKarg: OptionRow = {
  flags: '--replace-karg <old=new>',
  help: 'replace a kernel argument',
  repeatable: true,
};

/** Settings that stand without a value: another word behind the settings is the ISO. */
export const installSwitches = [
  ...['silent', 'no_format', 'force_efi', 'efi', 'debug', 'power_off', 'poweroff', 'wipe', 'always'],
  ...['allow_no_login', 'allow_warnings', 'insecure'],
];

export const installSettings: OptionRow = {
  flags: '--install <setting...>',
  help: 'install unattended: device=/dev/vda config_url=URL and other installer settings (bos.install.*)',
  repeatable: true,
  belongs: (word) => /^[a-z][a-z0-9_]*=/.test(word) || installSwitches.includes(word),
};
