/** Runs `opsctl pxe kit`. */
import type { ArchitectureName } from '../../../architectures.ts';
import { formatBytes } from '../../../formats/size.ts';
import { kitLoader, type PxeKit, writePxeKit } from '../../../iso/pxe/kit.ts';
import { grubScriptPath, ipxeScriptPath } from '../../../iso/pxe/scripts.ts';
import { setting } from '../../../iso/request.ts';
import type { CommandAction } from '../../command.ts';

export const pxeKit: CommandAction = async ({ host, terminal, signal }, [folder], options) => {
  const list = (name: string) => (options[name] ?? []) as readonly string[];
  const kit = await writePxeKit(
    host,
    {
      from: String(options.from),
      ...(options.arch === undefined ? {} : { arch: options.arch as ArchitectureName }),
      folder: String(folder),
      append: list('appendKarg'),
      loaders: list('loader').map(kitLoader),
      ...(options.install === undefined ? {} : { install: list('install').map(setting) }),
      ...(options.config === undefined ? {} : { config: String(options.config) }),
    },
    signal,
  );
  terminal.out(options.json === true ? `${JSON.stringify(kit, null, 2)}\n` : kitText(kit));
  return 0;
};

function kitText({ folder, files, leftOut, notes }: PxeKit): string {
  const width = Math.max(...files.map(({ path }) => path.length));
  return [
    `${folder}:\n`,
    ...files.map(({ path, size }) => `  ${path.padEnd(width)}  ${formatBytes(size)}\n`),
    `Have iPXE run ${ipxeScriptPath}, over TFTP or HTTP; a network GRUB finds ${grubScriptPath} over TFTP.\n`,
    ...(leftOut.length === 0
      ? []
      : [
          `note: The menu of the ISO has arguments that the kit does not: ${leftOut.join(', ')}.\n`,
          'Give them with --append-karg or --install to have them here too.\n',
        ]),
    ...notes.map((note) => `note: ${note}\n`),
  ].join('');
}
