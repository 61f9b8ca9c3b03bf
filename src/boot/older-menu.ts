/**
 * The menu of an installation that was made before boots were counted, brought to what it is now. It is known by its
 * exact text: a menu that a person has changed, but for kernel arguments, timeout and default entry, is left alone. Pure.
 */
import { type DiskEntry, diskEntries, diskMenuText, type EntryText } from './menus/menu.ts';

/** Stands for what people, or `opsctl image edit`, may have changed. */
const open = '@';

const oldHead = `# Boot menu of Bhojpur OS. The stub on the EFI system partition sets the versions.
set default=@
set timeout=@
# When the kernel of an entry cannot be loaded, the next one is tried.
set fallback=1
if [ "$grub_platform" = pc ]; then
  if serial --unit=0 --speed=115200; then
    terminal_input console serial
    terminal_output console serial
  fi
fi
`;

const oldEntry = (id: DiskEntry, title: string, name: string, mode: string) => `
if [ -n "$${name}_kernel" -a -f "/bos/system/kernel/$${name}_kernel/vmlinuz" ]; then
  menuentry "${title}" --id ${id} {
    echo 'Bhojpur OS: loading the kernel ...'
    linux "/bos/system/kernel/$${name}_kernel/vmlinuz" bos.mode=${mode} "bos.state=$bos_state_uuid" "bos.kernel=$${name}_kernel" "bos.os=$${name}_os" "bos.dcp=$${name}_dcp"@
    echo 'Bhojpur OS: loading the initrd ...'
    initrd "/bos/system/kernel/$${name}_kernel/initrd"@
    echo 'Bhojpur OS: starting the kernel ...'
  }
fi
`;

const oldMenu = [
  oldHead,
  oldEntry('current', 'Bhojpur OS $bos_os', 'bos', 'disk'),
  oldEntry('previous', 'Bhojpur OS $bos_previous_os (previous)', 'bos_previous', 'disk'),
  oldEntry('rescue', 'Rescue shell', 'bos', 'rescue'),
].join('');

/** Between two open places the text is exact. */
const pattern = new RegExp(
  oldMenu
    .split(open)
    .map((exact) => exact.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('(.*)'),
);

/**
 * The text with a menu that counts boots in the place of the old one; what stands before and behind it stays, and so do
 * default entry, timeout, and kernel arguments and further initrds of each entry. The same text when it counts already;
 * undefined when it is not a menu that was written by a version of Bhojpur OS.
 */
export function upgradeMenu(text: string): string | undefined {
  const found = pattern.exec(text);
  if (found === null) return counts(text) ? text : undefined;
  const [old, first = '', timeout = '', ...rest] = found;
  const texts = Object.fromEntries(
    diskEntries.map((id, index): [DiskEntry, EntryText] => {
      const [kernelArguments = '', moreInitrds = ''] = rest.slice(2 * index);
      return [id, { arguments: kernelArguments, moreInitrds }];
    }),
  ) as Record<DiskEntry, EntryText>;
  const menu = diskMenuText(timeout, (id) => texts[id]).replace(
    /^set default=.*$/m,
    () => `set default=${first}`,
  );
  return text.slice(0, found.index) + menu + text.slice(found.index + old.length);
}

/** What takes a letter off, and what leads to it. */
const counts = (text: string): boolean =>
  text.includes('\n      if save_env --file "$bos_environment" bos_tries; then\n') &&
  text.includes('\n  load_env --file "$bos_environment" bos_tries\n');
