/** What a machine boots over the network from: the parts of `opsctl pxe kit`, put together while they are sent. */
import { refused } from '../../errors.ts';
import { joined } from '../../formats/byte-range.ts';
import { configPath } from '../../iso/edit/edits.ts';
import type { Image } from '../../iso/image.ts';
import { type Appender, alignmentAfter, appendExtra, appendMedium } from '../../iso/pxe/initrd.ts';
import { kitWords } from '../../iso/pxe/kit.ts';
import { kernelFolder, manifestOf, namesFor, titleOf } from '../../iso/pxe/parts.ts';
import { ipxeScriptPath, renderIpxeScript } from '../../iso/pxe/scripts.ts';
import type { RemasterRequest } from '../../iso/request.ts';
import type { Base, BaseVersion } from './base.ts';
import { type Content, sequence } from './content.ts';
import { reportOf } from './reporting.ts';
import type { Segment } from './spans.ts';

export interface Netboot {
  readonly script: { readonly name: string; readonly text: string };
  readonly kernel: { readonly name: string; readonly content: Content };
  readonly initrd: { readonly name: string; readonly content: Content };
}

interface Medium {
  readonly manifest: Awaited<ReturnType<typeof manifestOf>>;
  readonly kernel: readonly Segment[];
  /** Without what a machine puts in. */
  readonly initrd: readonly Segment[];
}

/** What is the same for all machines of a version of a base. */
const media = new WeakMap<Image, Promise<Medium>>();

/** Throws OpsError (refused) `pxe-source` for a base that is not an ISO of ours; (usage) for arguments. */
export async function netbootOf(
  { base, version }: BaseVersion,
  image: Image,
  request: RemasterRequest,
): Promise<Netboot> {
  const known = media.get(image) ?? mediumOf(base, image);
  media.set(image, known);
  known.catch(() => media.delete(image));
  const { manifest, kernel, initrd } = await known;
  const names = namesFor(manifest.arch);
  const { menu, checkedConfig } = request;
  const words = kitWords(
    { append: menu.append, ...(menu.install && { install: menu.install }) },
    manifest.arch,
  );
  const out = collector(initrd);
  await appendExtra(out, [
    ...(checkedConfig === undefined ? [] : [{ path: configPath, bytes: checkedConfig }]),
    ...reportOf(request),
  ]);
  const { kernel: kernelName, initrd: initrdName } = names;
  const boot = { title: titleOf(manifest), kernel: kernelName, initrd: initrdName, words };
  return {
    script: { name: ipxeScriptPath, text: renderIpxeScript(boot) },
    kernel: { name: kernelName, content: sequence(version, kernel) },
    initrd: { name: initrdName, content: sequence(version, out.segments) },
  };
}

async function mediumOf(base: Base, { iso }: Image): Promise<Medium> {
  const manifest = await manifestOf(iso, base.shown);
  const folder = kernelFolder(manifest);
  const [kernel, initrd] = [collector([]), collector([])];
  await kernel.file(iso, `${folder}/vmlinuz`);
  await appendMedium(initrd, iso, `${folder}/initrd`);
  return { manifest, kernel: kernel.segments, initrd: initrd.segments };
}

/** Collects where bytes are instead of the bytes. */
function collector(begun: readonly Segment[]): Appender & { readonly segments: readonly Segment[] } {
  const segments = [...begun];
  let length = sequence('', segments).size;
  const bytes: Appender['bytes'] = async (data) => {
    if (data.length === 0) return;
    segments.push({ kind: 'bytes', bytes: Uint8Array.from(data) });
    length += data.length;
  };
  return {
    segments,
    bytes,
    length: () => length,
    align: () => bytes(alignmentAfter(length)),
    file: async (iso, path) => {
      const entry = await iso.stat(path);
      const ranges = joined(entry?.extents ?? []);
      const size = ranges.reduce((sum, range) => sum + range.length, 0);
      // A file that is packed inside of the ISO, or shares its bytes with itself.
      if (entry?.type !== 'file' || size !== entry.size)
        throw refused('pxe-source', `/${path} does not lie in the ISO as it is`, {
          hint: 'Make a kit of it with `opsctl pxe kit`.',
        });
      for (const range of entry.extents.filter((extent) => extent.length > 0))
        segments.push({ kind: 'base', range });
      length += size;
    },
  };
}
