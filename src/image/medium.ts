/** The medium's tree: what the ISO's root, the PXE initrd and the rootfs tarball hold, with its manifest. */
import { sha256File } from '../host/digest.ts';
import type { Host } from '../host/ports.ts';
import { type Manifest, manifestPath, renderManifest } from '../media/manifest.ts';
import type { Stage } from './stage.ts';

export interface MediumParts {
  readonly arch: 'amd64';
  readonly release: string;
  readonly version: string;
  readonly dcp: { readonly version: string; readonly file: string } | undefined;
  readonly vmlinuz: string;
  readonly kernelSquashfs: string;
  readonly initrd: string;
  readonly rootfs: string;
  /** Text of the ISO's boot/grub/grub.cfg. */
  readonly grubCfg: string;
}

/** Makes `tree/`. */
export function mediumStage(host: Host, parts: MediumParts, inputs: unknown): Stage {
  return {
    name: 'medium',
    title: 'Put the medium together',
    inputs: { inputs, ...parts },
    make: async ({ folder, percent }) => {
      const { files } = host;
      const tree = `${folder}/tree`;
      const kernel = `bos/system/kernel/${parts.release}`;
      const os = `bos/system/os/${parts.version}`;
      const content: [path: string, from: string, mode: number][] = [
        [`${kernel}/vmlinuz`, parts.vmlinuz, 0o644],
        [`${kernel}/initrd`, parts.initrd, 0o644],
        [`${kernel}/kernel.squashfs`, parts.kernelSquashfs, 0o644],
        [`${os}/rootfs.squashfs`, parts.rootfs, 0o644],
      ];
      if (parts.dcp) content.push([`bos/system/dcp/${parts.dcp.version}/dcp`, parts.dcp.file, 0o755]);
      const listed: Manifest['files'] = [];
      for (const [path, from, mode] of content) {
        await files.makeDir(`${tree}/${path}`.replace(/\/[^/]*$/, ''));
        await files.copy(from, `${tree}/${path}`);
        await files.chmod(`${tree}/${path}`, mode);
        const size = (await files.stat(from))?.size ?? 0;
        listed.push({ path, size, sha256: await sha256File(files, from) });
        percent((listed.length / content.length) * 100);
      }
      await files.symlink(parts.release, `${tree}/bos/system/kernel/current`);
      await files.symlink(parts.version, `${tree}/bos/system/os/current`);
      if (parts.dcp) await files.symlink(parts.dcp.version, `${tree}/bos/system/dcp/current`);
      const manifest: Manifest = {
        v: 1,
        arch: parts.arch,
        kernel: parts.release,
        os: parts.version,
        dcp: parts.dcp?.version ?? null,
        files: listed,
      };
      await files.write(`${tree}/${manifestPath}`, renderManifest(manifest));
      await files.makeDir(`${tree}/boot/grub`);
      await files.write(`${tree}/boot/grub/grub.cfg`, parts.grubCfg);
      await files.makeDir(`${tree}/.disk`);
      // The signed GRUB looks for `info`, our BIOS core image for `bos`.
      await files.write(`${tree}/.disk/info`, `Bhojpur OS ${parts.version} ${parts.arch}\n`);
      await files.write(`${tree}/.disk/bos`, `${parts.version}\n`);
    },
  };
}
