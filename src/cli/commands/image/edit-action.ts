/** What `opsctl image edit` does. */
import { replacement } from '../../../boot/menus/argument-request.ts';
import { usage } from '../../../errors.ts';
import { type EditedImage, type EditRequest, editImage } from '../../../image/edit/edit.ts';
import { editSettings } from '../../../steps/image/edit-settings.ts';
import type { CommandAction, OptionValues } from '../../command.ts';
import { tellFaults } from '../diagnostics-report.ts';

export const imageEdit: CommandAction = async ({ host, terminal, signal }, [image], options) => {
  const request = requestOf(String(image), options);
  const dryRun = options.dryRun === true;
  const made = await editImage(host, request, { emit: () => {}, signal, dryRun });
  tellFaults(terminal, made.warnings);
  terminal.out(
    options.json === true
      ? `${JSON.stringify({ v: 1, image: request.image, dryRun, undone: request.undo, lines: made.lines, config: request.config !== undefined })}\n`
      : text(request, made, dryRun),
  );
  return 0;
};

function text(request: EditRequest, { plan, lines }: EditedImage, dryRun: boolean): string {
  const { image, undo, config } = request;
  if (dryRun) {
    const steps = plan.steps.map((step) => `  ${editSettings.describe(step)}\n`);
    return `Dry run: in ${image}, this would be done:\n${steps.join('')}`;
  }
  if (undo) return `${image} has the settings from before its last change.\n`;
  const parts = [
    ...(lines === 0 ? [] : [`the arguments of ${lines === 1 ? 'one menu entry' : `${lines} menu entries`}`]),
    ...(config === undefined ? [] : [`the configuration ${config}`]),
  ];
  return `${image} has new settings: ${parts.join(', ')}. --undo restores the old ones.\n`;
}

function requestOf(image: string, options: OptionValues): EditRequest {
  const list = (name: string) => (options[name] ?? []) as readonly string[];
  const request: EditRequest = {
    image,
    menu: {
      append: list('appendKarg'),
      delete: list('deleteKarg'),
      replace: list('replaceKarg').map(replacement),
    },
    ...(options.config === undefined ? {} : { config: String(options.config) }),
    undo: options.undo === true,
    allowNoLogin: options.allowNoLogin === true,
  };
  const { menu, config, undo } = request;
  if (undo && (config !== undefined || Object.values(menu).some(({ length }) => length > 0)))
    throw usage('undo-alone', '--undo cannot be combined with other changes');
  return request;
}
