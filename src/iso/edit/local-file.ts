/** Files of this machine as changes of an image. */
import { usage } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import type { FileChange } from './patch-plan.ts';

/** More than any menu is. Larger files are not held in memory. */
export const smallFile = 2 ** 20;

/** A file, or every file below a folder. */
export async function additions(host: Host, source: string, path: string): Promise<FileChange[]> {
  const stat = await host.files.stat(await real(host, source));
  if (stat?.type !== 'directory') return [await fileChange(host, source, path)];
  const names = await host.files.list(source);
  const found: FileChange[] = [];
  for (const name of names) found.push(...(await additions(host, `${source}/${name}`, `${path}/${name}`)));
  return found;
}

async function real(host: Host, source: string): Promise<string> {
  try {
    return await host.files.realPath(source);
  } catch (cause) {
    throw usage('file-missing', `${source} cannot be read`, { cause, hint: 'Check the name of the file.' });
  }
}

export async function fileChange(host: Host, source: string, path: string): Promise<FileChange> {
  const file = await real(host, source);
  const stat = await host.files.stat(file);
  if (stat?.type !== 'file') throw usage('file-missing', `${source} is not a file`);
  const executable = (stat.mode & 0o111) !== 0;
  if (stat.size <= smallFile)
    return { path, executable, content: { kind: 'bytes', bytes: await readable(host, file) } };
  return { path, executable, content: { kind: 'file', path: file, size: stat.size } };
}

export async function readable(host: Host, path: string): Promise<Uint8Array> {
  try {
    return await host.files.read(path);
  } catch (cause) {
    throw usage('file-missing', `${path} cannot be read`, { cause });
  }
}
