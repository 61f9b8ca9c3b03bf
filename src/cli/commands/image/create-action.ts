/** What `opsctl image create` does. */
import { basename } from 'node:path';
import { usage } from '../../../errors.ts';
import { compressions, formatNames } from '../../../formats/disk-images/formats.ts';
import { formatBytes, parseSize } from '../../../formats/size.ts';
import type { Host } from '../../../host/ports.ts';
import type { CloudName } from '../../../image/cloud/clouds.ts';
import { type CreateOptions, createImage, type ImageRequest } from '../../../image/create/create.ts';
import { waitedFor } from '../../../operation/first-contact.ts';
import { stamper } from '../../../plan/stamper.ts';
import type { CommandAction, OptionValues } from '../../command.ts';
import { shown } from '../../render/shown.ts';
import { tellResult } from '../../terminal/list-lines.ts';
import { tellFaults } from '../diagnostics-report.ts';
import { showPlan } from '../install/show-plan.ts';

export const imageCreate: CommandAction = async (context, _args, options) => {
  const { host, workstation, terminal, signal, verbose } = context;
  const json = options.json === true;
  const dryRun = options.dryRun === true;
  const request = requestOf(host, options);
  const say = (line: string) => terminal.err(`${line}\n`);
  const made = await shown({ host, terminal }, { json, verbose }, async (emit) => {
    const show: CreateOptions['show'] = (plan, using) =>
      showPlan(context, { plan }, json ? emit : undefined, using);
    return createImage(waitedFor(await workstation()), request, {
      ...{ emit, signal, say },
      ...(dryRun ? { show } : {}),
    });
  });
  tellFaults(terminal, made.warnings);
  const output = request.output ?? basename(made.output);
  const kind = made.format === 'raw' ? 'a disk' : `a disk in the format ${made.format},`;
  const what = `Bhojpur OS ${made.version}, ${kind} of ${formatBytes(made.size)}.`;
  const message = dryRun ? `Dry run: ${output} would be ${what}` : `${output} is ${what}`;
  if (json) {
    const out = stamper((event) => terminal.out(`${JSON.stringify(event)}\n`), host.clock.now);
    out({ type: 'result', ok: true, exitCode: 0, message });
  } else tellResult(terminal, message);
  return 0;
};

function requestOf({ system }: Pick<Host, 'system'>, options: OptionValues): ImageRequest {
  const { output, size, cloud } = options;
  return {
    from: String(options.from ?? `dist/artifacts/bos-${system.arch}.iso`),
    ...(output === undefined ? {} : { output: String(output) }),
    // One of the choices: the command line was checked.
    ...(cloud === undefined ? {} : { cloud: cloud as CloudName }),
    append: (options.appendKarg ?? []) as readonly string[],
    allowNoLogin: options.allowNoLogin === true,
    force: options.force === true,
    checksums: options.checksums !== false,
    ...chosen('format', formatNames, options.format),
    ...chosen('compress', compressions, options.compress),
    ...(size === undefined ? {} : { size: sizeOf(String(size)) }),
    ...(options.config === undefined ? {} : { config: String(options.config) }),
  };
}

/** One of the choices, as a field of the request; nothing when nothing was said. */
function chosen<Name extends string, Choice extends string>(
  name: Name,
  choices: readonly Choice[],
  value: unknown,
): { readonly [N in Name]?: Choice } {
  if (value === undefined) return {};
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    throw usage(`${name}-unknown`, `--${name} ${String(value)} is unknown`, {
      details: [`choices: ${choices.join(', ')}`],
      hint: `Give --${name} one of these.`,
    });
  return { [name]: found } as { readonly [N in Name]?: Choice };
}

/** As for disks of virtual machines, 8G has 2^33 bytes. */
function sizeOf(text: string): number {
  const size = parseSize(/^\d+[KMGT]$/i.test(text) ? `${text}i` : text);
  if (size === undefined)
    throw usage('size-invalid', `${text} is not a size`, { hint: 'Write it as 8G, 8GiB or 20GB.' });
  return size;
}
