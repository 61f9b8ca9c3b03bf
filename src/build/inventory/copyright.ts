/**
 * What packages that are taken apart say of themselves: their copyright files, which Debian's licences ask to travel with
 * the files, and their fields.
 */
import type { Host } from '../../host/ports.ts';
import type { LockedPackage } from '../packages/lock.ts';

/** In the folder of a stage. */
export const aboutPackage = (name: string) => ({
  copyright: `about/${name}/copyright`,
  control: `about/${name}/control`,
});

/** Copies that of each package to `folder`: out of `raw`, where they were unpacked, and of the .deb files in `debs`. */
export async function keepAboutPackages(
  { files, processes }: Host,
  folder: string,
  from: { readonly debs: string; readonly raw: string },
  packages: readonly LockedPackage[],
): Promise<void> {
  for (const { name, file } of packages) {
    const kept = aboutPackage(name);
    await files.makeDir(`${folder}/about/${name}`);
    const copyright = `${from.raw}/usr/share/doc/${name}/copyright`;
    // Debian Policy 12.5 asks for one; a package that was made by hand may have none.
    if (await files.exists(copyright)) await files.copy(copyright, `${folder}/${kept.copyright}`);
    else await files.write(`${folder}/${kept.copyright}`, `${name} has no copyright file.\n`);
    const { stdout } = await processes.run('dpkg-deb', ['--field', `${from.debs}/${file}`]);
    await files.write(`${folder}/${kept.control}`, stdout);
  }
}
