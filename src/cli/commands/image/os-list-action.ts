/** What `opsctl image os-list` does: reads the images one after the other, then writes the list. */
import { basename, resolve } from 'node:path';
import { runStep } from '../../../build/step.ts';
import { usage } from '../../../errors.ts';
import { requireOutputFile } from '../../../host/output-place.ts';
import type { Host } from '../../../host/ports.ts';
import {
  baseUrl,
  type Described,
  dateOf,
  type InitFormat,
  type OsEntry,
  osEntry,
  releaseDate,
  renderOsList,
} from '../../../image/os-list/entry.ts';
import { measureImage } from '../../../image/os-list/measure.ts';
import { stamper } from '../../../plan/stamper.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { renderer, rendererKind } from '../../render/index.ts';

interface Request {
  readonly images: readonly string[];
  readonly names: readonly string[];
  readonly base: URL;
  readonly common: Omit<Described, 'name' | 'releaseDate'>;
  readonly releaseDate: string | undefined;
  readonly output: string | undefined;
}

export const imageOsList: CommandAction = async (context, [given], options) => {
  const { host, terminal } = context;
  const request = requestOf([given].flat().map(String), options);
  const output = request.output === undefined ? undefined : resolve(request.output);
  if (output !== undefined)
    await requireOutputFile(host, output, {
      force: options.force === true,
      hint: 'Name another file, or replace it with --force.',
    });
  const entries = await measured(context, request);
  const text = renderOsList(entries);
  if (output === undefined) {
    terminal.out(text);
    return 0;
  }
  await host.files.writeAtomic(output, text, { mode: 0o644 });
  const count = entries.length === 1 ? 'one image' : `${entries.length} images`;
  terminal.out(
    `${request.output} lists ${count}.\n` +
      `Publish it and what it lists below ${request.base.href}, and give Imager the URL of ${basename(output)} as its ` +
      'content repository.\n',
  );
  return 0;
};

async function measured(context: CommandContext, request: Request): Promise<OsEntry[]> {
  const { host, terminal, signal, verbose } = context;
  const view = renderer(rendererKind(terminal, host.system.env, { json: false, verbose }), terminal);
  const steps = request.images.map((path, index) => ({
    ...{ id: `read-${index + 1}`, kind: 'read-image', destructive: false },
    title: `Read ${basename(path)} and compute its digests`,
  }));
  const entries: OsEntry[] = [];
  try {
    stamper(view.emit, host.clock.now)({ type: 'plan', operation: 'image os-list', steps });
    for (const [index, path] of request.images.entries()) {
      const { id, title } = steps[index] ?? { id: '', title: '' };
      const image = await runStep({ host, emit: view.emit }, { name: id, title }, (onProgress) =>
        measureImage(host, path, { signal, onProgress }),
      );
      const name = request.names[index] ?? plainName(image.file);
      const date = request.releaseDate ?? (await dateOfFile(host, path));
      entries.push(osEntry(request.base, image, { ...request.common, name, releaseDate: date }));
    }
  } finally {
    await view.end();
  }
  return entries;
}

async function dateOfFile({ files, clock }: Host, path: string): Promise<string> {
  const stat = await files.stat(await files.realPath(path));
  return dateOf(stat?.mtimeMs ?? clock.now());
}

/** `node` of `node.img.xz`. */
const plainName = (file: string): string => file.replace(/(\.(img|raw|iso))?(\.(gz|xz|zst))?$/i, '') || file;

function requestOf(images: readonly string[], options: OptionValues): Request {
  const words = (name: string) => ((options[name] ?? []) as readonly unknown[]).map(String);
  const [names, devices] = [words('name'), words('device')];
  if (options.url === undefined)
    throw usage('url-missing', 'It was not said where the images will be fetched from', {
      hint: 'Give the folder on the server: `--url https://example.org/images/`.',
    });
  if (devices.length === 0)
    throw usage('device-missing', 'It was not said which boards the images are for', {
      hint: 'Name each with --device: pi5-64bit, pi4-64bit, pi3-64bit; with 32 bits pi4-32bit, pi3-32bit, pi2-32bit.',
    });
  if (names.length > 0 && names.length !== images.length)
    throw usage('names-missing', `${names.length} names were given for ${images.length} images`, {
      hint: 'Give --name once for each image, in their order, or not at all.',
    });
  const files = images.map((path) => basename(path));
  const twice = files.find((file, index) => files.indexOf(file) !== index);
  if (twice !== undefined)
    throw usage('image-twice', `Two images are called ${twice}`, {
      hint: 'They would have one URL. Rename one of them.',
    });
  const { output, website, architecture } = options;
  return {
    images,
    names,
    base: baseUrl(String(options.url)),
    common: {
      ...{ description: String(options.description), icon: String(options.icon), devices },
      // Choices: the command line was checked.
      initFormat: options.initFormat as InitFormat,
      ...(website === undefined ? {} : { website: String(website) }),
      ...(architecture === undefined
        ? {}
        : { architecture: architecture as NonNullable<Described['architecture']> }),
    },
    releaseDate: options.releaseDate === undefined ? undefined : releaseDate(String(options.releaseDate)),
    output: output === undefined ? undefined : String(output),
  };
}
