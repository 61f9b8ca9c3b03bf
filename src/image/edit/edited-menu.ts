/** The boot menu of an image with other kernel arguments. Pure. */
import { type ArgumentRequest, argumentEdit } from '../../boot/menus/argument-request.ts';
import { type EditedMenu, editArguments } from '../../boot/menus/menu-edit.ts';
import { refused } from '../../errors.ts';

/** Throws OpsError (refused) `karg-not-found`; what editing a menu throws. */
export function editedMenu(request: ArgumentRequest, menu: Uint8Array): EditedMenu {
  const edited = editArguments('grub', menu, argumentEdit(request));
  const missing = [...edited.found].filter(([, times]) => times === 0).map(([word]) => word);
  if (missing.length === 0) return edited;
  throw refused('karg-not-found', `No menu entry has the argument ${missing.join(', ')}`, {
    hint: '`opsctl image inspect` lists the arguments.',
  });
}
