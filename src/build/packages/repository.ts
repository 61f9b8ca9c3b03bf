/** A local Debian repository made of exactly the packages of a lock, for mmdebstrap to install from. */
import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import type { LockedPackage } from './lock.ts';

/**
 * Writes `folder`/Packages with the packages beside it; returns the apt source line. `date` in seconds since 1970.
 * Format: Debian Repository Format, "Packages" indices, flat layout.
 */
export async function writeRepository(
  host: Host,
  packages: readonly LockedPackage[],
  date: number,
  debs: string,
  folder: string,
): Promise<string> {
  const stanzas: string[] = [];
  for (const entry of packages) {
    const source = `${debs}/${entry.file}`;
    const { stdout } = await host.processes.run('dpkg-deb', ['--field', source]);
    const size = (await host.files.stat(source))?.size ?? 0;
    stanzas.push(`${stdout.trimEnd()}\nFilename: ./${entry.file}\nSize: ${size}\nSHA256: ${entry.sha256}\n`);
    await host.files.copy(source, `${folder}/${entry.file}`);
    await host.files.chmod(`${folder}/${entry.file}`, 0o644);
  }
  const index = stanzas.join('\n');
  await host.files.write(`${folder}/Packages`, index, { mode: 0o644 });
  // mmdebstrap picks the essential packages of the suite by this name.
  const release = `Codename: bookworm\nSuite: bookworm\nDate: ${new Date(date * 1000).toUTCString()}\n`;
  const entry = `SHA256:\n ${sha256Of(index)} ${Buffer.byteLength(index)} Packages\n`;
  await host.files.write(`${folder}/Release`, release + entry, { mode: 0o644 });
  return `deb [trusted=yes] copy:${folder} ./`;
}
