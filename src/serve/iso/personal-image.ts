/** The disk image of one machine: what `opsctl image edit` would change in the base. */
import { changesArguments } from '../../boot/menus/argument-request.ts';
import { hasLogin } from '../../config/keys/login.ts';
import { merge } from '../../config/sources/merge.ts';
import { parseConfigYaml } from '../../config/yaml/yaml.ts';
import { refused } from '../../errors.ts';
import { editedMenu } from '../../image/edit/edited-menu.ts';
import { type EditableImage, settingsOverlay } from '../../image/edit/overlay.ts';
import { bytesPiece } from '../../iso/pieces.ts';
import type { RemasterRequest } from '../../iso/request.ts';
import type { MachineRequest } from '../machines/request.ts';
import type { BaseVersion } from './base.ts';
import { identified, type PersonalIso } from './personal-iso.ts';
import { flattened } from './spans.ts';

/**
 * Its configuration and its kernel arguments; what else a machine asks of an ISO is not in it. Throws OpsError (refused)
 * `karg-not-found`, `settings-too-large`, `no-login`.
 */
export function personaliseImage(
  { version, size }: BaseVersion,
  disk: EditableImage,
  { request }: MachineRequest,
): PersonalIso {
  const { menu, checkedConfig: config } = request;
  const same = { size, baseSize: size, versions: new Map<string, string>() };
  if (!changesArguments(menu) && config === undefined) return identified(version, { ...same, spans: [] });
  if (config !== undefined) requireLogin(config);
  const contents = {
    menu: editedMenu(menu, disk.current.menu).bytes,
    config: config ?? disk.current.config,
  };
  const pieces = settingsOverlay(disk, contents).map(({ offset, bytes }) => bytesPiece(offset, bytes));
  return identified(version, { ...same, spans: flattened(pieces) });
}

/** As `opsctl image edit` asks it. */
function requireLogin(config: NonNullable<RemasterRequest['checkedConfig']>): void {
  const { config: merged } = merge([parseConfigYaml(config, 'config', 'system').layer]);
  if (hasLogin(merged) || (merged['bos.data_sources'] ?? []).length > 0) return;
  throw refused('no-login', 'Nobody could log in to the image: it has neither a key nor a password', {
    hint: 'Give the machine ssh_authorized_keys, bos.password or bos.data_sources (keys from the cloud).',
  });
}
