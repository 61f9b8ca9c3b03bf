/** Files of this machine as changes of an image. */
import { refused, usage } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { cannotRead } from '../../host/system-error.ts';
import type { FileChange } from './patch-plan.ts';

/** More than any menu is. Larger files are not held in memory. */
export const smallFile = 2 ** 20;

export interface AddOptions {
  /** The image can have links. */
  readonly links: boolean;
  /** Filled with what a person should know. */
  readonly notes: string[];
}

/**
 * A file, or everything below a folder: links that lead to something in it stay links, and others become what they lead
 * to, which `notes` says.
 */
export async function additions(
  host: Host,
  source: string,
  path: string,
  options: AddOptions,
): Promise<FileChange[]> {
  const top = await real(host, source);
  const stat = await host.files.stat(top);
  if (stat?.type !== 'directory') return [await fileChange(host, source, path)];
  return below(host, top, { source, path }, options);
}

async function below(
  host: Host,
  top: string,
  { source, path }: { readonly source: string; readonly path: string },
  options: AddOptions,
): Promise<FileChange[]> {
  const found: FileChange[] = [];
  for (const name of await host.files.list(source)) {
    const own = { source: `${source}/${name}`, path: `${path}/${name}` };
    const kind = (await host.files.stat(own.source))?.type;
    const link = kind === 'symlink' ? await host.files.readLink(own.source) : undefined;
    const to = await real(host, own.source);
    if (link !== undefined && `${top}/`.startsWith(`${to}/`))
      throw usage('add-loop', `${own.source} is a link to a folder that it lies in`, {
        hint: 'Remove the link, or add the files one by one.',
      });
    if (options.links && link !== undefined && !link.startsWith('/') && to.startsWith(`${top}/`)) {
      found.push({ path: own.path, link });
      continue;
    }
    if (link !== undefined)
      options.notes.push(`/${own.path} is a copy of ${to}, to which ${own.source} is a link.`);
    if ((await host.files.stat(to))?.type === 'directory')
      found.push(...(await below(host, top, own, options)));
    else found.push(await fileChange(host, own.source, own.path));
  }
  return found;
}

async function real(host: Host, source: string): Promise<string> {
  try {
    return await host.files.realPath(source);
  } catch (cause) {
    throw cannotRead('file-missing', source, cause);
  }
}

export async function fileChange(host: Host, source: string, path: string): Promise<FileChange> {
  const file = await real(host, source);
  const stat = await host.files.stat(file);
  if (stat?.type !== 'file')
    throw refused('file-missing', `${source} is not a file`, { hint: 'Name a file.' });
  const executable = (stat.mode & 0o111) !== 0;
  if (stat.size <= smallFile)
    return { path, executable, content: { kind: 'bytes', bytes: await readable(host, file) } };
  return { path, executable, content: { kind: 'file', path: file, size: stat.size } };
}

export async function readable(host: Host, path: string): Promise<Uint8Array> {
  try {
    return await host.files.read(path);
  } catch (cause) {
    throw cannotRead('file-missing', path, cause);
  }
}
