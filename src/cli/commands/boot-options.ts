/** What an ISO and a PXE kit are told in the same words: kernel arguments, and an unattended installation. */
import type { OptionRow } from '../command.ts';

export const appendKarg: OptionRow = {
  flags: '--append-karg <arg>',
  help: 'add a kernel argument',
  repeatable: true,
};

export const installSettings: OptionRow = {
  flags: '--install <setting...>',
  help: 'install unattended: device=/dev/vda config_url=URL and other installer settings (bos.install.*)',
  repeatable: true,
};
