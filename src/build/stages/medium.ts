/**
 * The medium's tree: what the ISO's root, the PXE initrd and the rootfs tarball hold, with its manifest. Beside each
 * squashfs lies the index of its blocks, a file of the manifest like the others, by which an upgrade fetches only what
 * changed.
 */
import type { ArchitectureName } from '../../architectures.ts';
import type { Host } from '../../host/ports.ts';
import { type Manifest, manifestPath, renderManifest } from '../../media/manifest.ts';
import type { DcpComponent } from '../components.ts';
import { listedFiles } from '../listed-files.ts';
import type { Stage } from '../stage.ts';

export interface MediumParts {
  readonly arch: ArchitectureName;
  readonly release: string;
  readonly version: string;
  readonly dcp: DcpComponent | undefined;
  /** Text of the ISO's boot/grub/grub.cfg. */
  readonly grubCfg: string;
}

type Need = 'kernel' | 'initrd' | 'rootfs';

/** Makes `tree/`. */
export function mediumStage(
  host: Host,
  needs: Readonly<Record<Need, Stage>>,
  parts: MediumParts,
): Stage<Need> {
  const { arch, release, version, dcp, grubCfg } = parts;
  return {
    name: 'medium',
    title: 'Assemble the medium',
    inputs: {
      ...{ arch, release, version, grubCfg, dcp: dcp && { version: dcp.version, sha256: dcp.sha256 } },
      blockIndex: 1,
    },
    needs,
    make: async ({ folder, from, percent, signal }) => {
      const { files } = host;
      const tree = `${folder}/tree`;
      const kernel = `bos/system/kernel/${release}`;
      const content: [path: string, from: string, mode: number][] = [
        [`${kernel}/vmlinuz`, `${from.kernel}/vmlinuz`, 0o644],
        [`${kernel}/initrd`, `${from.initrd}/initrd`, 0o644],
        [`${kernel}/kernel.squashfs`, `${from.kernel}/kernel.squashfs`, 0o644],
        [`bos/system/os/${version}/rootfs.squashfs`, `${from.rootfs}/rootfs.squashfs`, 0o644],
      ];
      if (dcp) content.push([`bos/system/dcp/${dcp.version}/dcp`, dcp.file, 0o755]);
      const listed: Manifest['files'] = [];
      let done = 0;
      for (const [path, source, mode] of content) {
        const target = `${tree}/${path}`;
        await files.makeDir(target.replace(/\/[^/]*$/, ''));
        await files.copy(source, target);
        await files.chmod(target, mode);
        listed.push(...(await listedFiles(files, tree, path, signal)));
        percent((++done / content.length) * 100);
      }
      await files.symlink(release, `${tree}/bos/system/kernel/current`);
      await files.symlink(version, `${tree}/bos/system/os/current`);
      if (dcp) await files.symlink(dcp.version, `${tree}/bos/system/dcp/current`);
      const manifest: Manifest = {
        v: 1,
        arch,
        kernel: release,
        os: version,
        dcp: dcp?.version ?? null,
        files: listed,
      };
      await files.makeDir(`${tree}/boot/grub`);
      await files.makeDir(`${tree}/.disk`);
      const texts: readonly (readonly [path: string, text: string])[] = [
        [manifestPath, renderManifest(manifest)],
        ['boot/grub/grub.cfg', grubCfg],
        // The signed GRUB looks for `info`, our BIOS core image for `bos`.
        ['.disk/info', `Bhojpur OS ${version} ${arch}\n`],
        ['.disk/bos', `${version}\n`],
      ];
      for (const [path, text] of texts) await files.write(`${tree}/${path}`, text, { mode: 0o644 });
    },
  };
}
