/**
 * The two GRUB configurations of a takeover, which keeps the GRUB that is there: the menu of Bhojpur OS, and what is
 * added to the menu of the old system. The old one reads it at its end, so what it sets there holds; it makes the
 * new menu the default when the environment block carries the valid mark, and is otherwise one entry more. Without the
 * marker of a takeover it does nothing: the old system starts.
 */
import { stateEnvironmentPath } from '../environment.ts';
import { renderGrub } from './grub-template.ts';
import { stubVariables } from './menu.ts';
import { stateMenuPath } from './partition-menu.ts';

/** Where GRUB's files are, below the root: Debian and its kin have `boot/grub`, others `boot/grub2`. */
export const grubFolders = ['boot/grub', 'boot/grub2'] as const;
export type GrubFolder = (typeof grubFolders)[number];

export const oldMenuName = 'grub.cfg';
/** Read by the menus that GRUB's tools make. */
export const customMenuName = 'custom.cfg';
/** The new one until it becomes `grub.cfg`. */
export const newMenuName = 'bos.cfg';
export const environmentName = 'grubenv';
/** There as long as a takeover is not finished. */
export const takeoverMarkerPath = 'bos/system/takeover.json';
/** Why the old system came back, for whoever looks for it there. */
export const returnedPath = 'bos/system/takeover-returned';
/** What the one-time entry is set to, and the default later. */
export const takeoverEntry = 'bos-takeover';

/** What both configurations are told: where GRUB's files are, and the UUID of the root, lower case. */
export interface TakeoverMenu {
  readonly folder: GrubFolder;
  readonly uuid: string;
  /** The file system of GRUB's files, when it is not the root, and their folder in it: `/grub`. */
  readonly boot?: { readonly uuid: string; readonly path: string } | undefined;
}

/**
 * The new menu: leads to that of Bhojpur OS, which lies with its environment block where every installation onto a
 * file system that was there has them.
 */
export const renderTakeoverMenu = ({
  uuid,
  limit,
}: Pick<TakeoverMenu, 'uuid'> & {
  /** Seconds that the start may take, until the trial begins. */ readonly limit: number;
}): string =>
  renderGrub('takeover-menu', {
    UUID: uuid,
    LIMIT: `${limit}`,
    ENVIRONMENT: stateEnvironmentPath,
    EXPORTED: stubVariables.EXPORTED,
    MENU: stateMenuPath,
  });

/** Whether a menu is one that leads to the system on this file system. */
export const isTakeoverMenu = (text: string, uuid: string): boolean =>
  text.includes(`--set=root ${uuid}\n`) && text.includes(`configfile "($root)/${stateMenuPath}"\n`);

const begin = '# --- Bhojpur OS takeover: begin ---';
const end = '# --- Bhojpur OS takeover: end ---';
/** The lines around an addition, for its template. */
export const additionMarks = { BEGIN: `${begin}\n`, END: `${end}\n` };

/** What the old menu is given to read: the entry, and the default once the new system has booted. */
export const renderAddition = ({ folder, uuid, boot }: TakeoverMenu): string =>
  renderGrub('takeover-addition', {
    ...additionMarks,
    ...{ UUID: uuid, MENU: newMenuName },
    ROOT:
      boot === undefined ? 'set root="$bos_root"' : `search --no-floppy --fs-uuid --set=root ${boot.uuid}`,
    FOLDER: boot?.path ?? `/${folder}`,
    ...{ MARKER: takeoverMarkerPath, ENTRY: takeoverEntry, ENVIRONMENT: stateEnvironmentPath },
  });

/** The text without what a takeover has added to it. */
export function withoutAddition(text: string): string {
  const start = text.indexOf(begin);
  if (start < 0) return text;
  const after = text.indexOf(`${end}\n`, start);
  return text.slice(0, start) + (after < 0 ? '' : text.slice(after + end.length + 1));
}

/** The text with the addition at its end, once. */
export function withAddition(text: string, addition: string): string {
  const rest = withoutAddition(text);
  return `${rest}${rest === '' || rest.endsWith('\n') ? '' : '\n'}${addition}`;
}

export interface OldMenu {
  /** It reads `custom.cfg` beside it. */
  readonly readsCustom: boolean;
  /** It starts what `next_entry` names, once. */
  readonly startsOnce: boolean;
  /** It starts nothing until somebody presses a key. */
  readonly waits?: true;
}

/** What the menu of the old system does of what a takeover needs; comments do not count. */
export function readOldMenu(text: string): OldMenu {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('#'));
  const has = (pattern: RegExp) => lines.some((line) => pattern.test(line));
  // Ubuntu's has one more for a start that has failed, with another time.
  const times = lines.flatMap((line) => /^set timeout=["']?(-?\d+)["']?$/.exec(line)?.[1] ?? []);
  return {
    ...(times.length > 0 && times.every((time) => Number(time) < 0) && { waits: true }),
    readsCustom: has(/^source\s+["']?\$\{?(config_directory|prefix)\}?\/custom\.cfg["']?$/),
    startsOnce:
      has(/^set default=["']?\$\{?next_entry\}?["']?$/) &&
      lines.some((line) => /^save_env\s/.test(line) && line.split(/\s+/).includes('next_entry')) &&
      has(/^load_env(\s|$)/),
  };
}
