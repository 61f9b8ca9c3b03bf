/** What is asked of a remaster, as the command line says it. */
import { type ArgumentRequest, changesArguments } from '../boot/menus/argument-request.ts';
import { usage } from '../errors.ts';
import { withoutTrailing } from '../formats/trailing.ts';
import type { FileChange } from './edit/patch-plan.ts';
import type { Method } from './pieces.ts';

export interface RemasterRequest {
  readonly menu: MenuRequest;
  /** A local file for /bos/system/config.yaml. */
  readonly config?: string;
  /** In its place what was read and checked already. */
  readonly checkedConfig?: Uint8Array;
  readonly add: readonly { readonly source: string; readonly path: string }[];
  readonly remove: readonly string[];
  /** Files that are read and checked already; where one is, it must be among those to be removed. */
  readonly put?: readonly FileChange[];
  /** A local file that takes the place of the image's grub.cfg. */
  readonly grubCfg?: string;
  readonly volumeId?: string;
  /** A local file: the Bhojpur DCP executable. */
  readonly dcp?: string;
  readonly method?: Method;
}

export interface MenuRequest extends ArgumentRequest {
  /** Only the entry with that title or id. */
  readonly entry?: string;
  /** Arguments go behind the `---` of a line, not before it. */
  readonly afterSeparator?: boolean;
  /** Settings of the unattended installation without `bos.install.`; undefined when none is asked for. */
  readonly install?: readonly { readonly name: string; readonly value: string | undefined }[];
}

export const changesMenus = (request: MenuRequest): boolean =>
  changesArguments(request) || request.install !== undefined;

export const asksNothing = (request: RemasterRequest): boolean =>
  !changesMenus(request.menu) &&
  request.add.length + request.remove.length === 0 &&
  (request.put ?? []).length === 0 &&
  [request.config, request.checkedConfig, request.grubCfg, request.volumeId, request.dcp].every(
    (option) => option === undefined,
  );

/** `device=/dev/vda`, or a bare name for a switch. */
export function setting(text: string): { name: string; value: string | undefined } {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  if (!/^[a-z][a-z0-9_]*$/.test(name))
    throw usage('install-setting', `--install: ${text} is not an installer setting`, {
      hint: 'For example: `--install device=/dev/vda config_url=https://example.com/config.yaml`.',
    });
  return { name, value: equals < 0 ? undefined : text.slice(equals + 1) };
}

/** `SRC:DEST`; DEST is from the root of the image, with or without the first slash. */
export function addition(text: string): { source: string; path: string } {
  // The last colon that something follows: a path of Windows has one of its own.
  const colon = text.lastIndexOf(':');
  const [source, dest] = [text.slice(0, colon), text.slice(colon + 1)];
  if (colon < 1 || dest === '')
    throw usage('add-shape', `--add: expected SRC:DEST, found ${text}`, {
      hint: 'For example --add ./site.crt:/bos/site.crt.',
    });
  return { source, path: imagePath(dest) };
}

/** A path in the image without its first slash. Throws `image-path` (usage) for one that leads nowhere. */
export function imagePath(text: string): string {
  const path = withoutTrailing(text.replace(/^\/+/, ''), '/');
  const parts = path.split('/');
  if (
    path === '' ||
    parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))
  )
    throw usage('image-path', `${text} is not a path in an image`, {
      hint: 'Give it from the root of the image, without . and .. parts.',
    });
  return path;
}

/** ECMA-119, 8.4.7 leaves 32 bytes; letters beyond its alphabet are taken, as every tool does. */
export function volumeName(text: string): string {
  if (!/^[\x20-\x7e]{1,32}$/.test(text) || text.trim() !== text)
    throw usage('volume-id', `--volid: "${text}" is not a valid volume name`, {
      hint: 'Use 1 to 32 letters of ASCII, best A-Z, 0-9 and _.',
    });
  return text;
}
