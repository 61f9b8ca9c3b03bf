/** `opsctl oci inspect`: what an image in a registry, or in an archive, is and holds; nothing is fetched but its documents. */
import { resolve } from 'node:path';
import type { Host } from '../../host/ports.ts';
import { openImage } from '../../media/image.ts';
import { openLayout } from '../../media/oci/layout.ts';
import type { OpenOptions } from '../../media/open-url.ts';
import {
  type Descriptor,
  type Document,
  isIndex,
  isPlainLayer,
  parseIndex,
  parseManifestDocument,
} from '../../oci/documents.ts';
import { annotationNames } from '../../oci/layout.ts';
import { archivePlace, isOciPlace, parseReference, renderReference } from '../../oci/reference.ts';
import { openSources } from '../../oci/registry.ts';
import { documentBy, resolveTop } from '../../oci/resolve.ts';

export interface OciReport {
  readonly v: 1;
  readonly name: string;
  /** Of what the reference leads to. */
  readonly digest: string;
  readonly images: readonly OciImageReport[];
}

export interface OciImageReport {
  /** Names of the OCI; null where the index does not say. */
  readonly os: string | null;
  readonly arch: string | null;
  readonly digest: string;
  /** Bytes of the layers. */
  readonly size: number;
  /** What `opsctl build oci` wrote; null for other images. */
  readonly versions: { readonly kernel: string; readonly os: string; readonly dcp: string | null } | null;
  readonly layers: readonly {
    /** What is in it: `kernel`, `os`, `dcp`, `manifest`, `opsctl`; null for other images. */
    readonly holds: string | null;
    readonly digest: string;
    readonly size: number;
    readonly mediaType: string;
    /** Files in it can be read from where they lie. */
    readonly plain: boolean;
  }[];
}

export interface InspectOptions extends OpenOptions {
  readonly mirrors: readonly string[];
  readonly plainHttp: boolean;
}

/** Throws OpsError: `oci-reference` (usage), and what resolving and the network throw. */
export async function inspectOci(host: Host, place: string, options: InspectOptions): Promise<OciReport> {
  const archive = archivePlace(place) ?? (await fileAt(host, place));
  if (archive !== undefined) {
    const file = await openImage(host, archive, 'url:archive', options);
    try {
      const layout = await openLayout(file, file.name);
      return await reportOf(file.name, layout.top, layout.document);
    } finally {
      await file.close();
    }
  }
  const reference = parseReference(place);
  const sources = openSources(host, reference, options);
  const top = await resolveTop(sources, reference, options.say);
  return reportOf(renderReference(reference), top, ({ digest }) => documentBy(sources, digest, options.say));
}

/** Whoever names a file as it is means the archive. */
async function fileAt({ files, system }: Host, place: string): Promise<string | undefined> {
  if (isOciPlace(place)) return undefined;
  const stat = await files.stat(resolve(system.cwd(), place)).catch(() => undefined);
  return stat?.type === 'file' ? place : undefined;
}

async function reportOf(
  name: string,
  top: Document,
  read: (descriptor: Descriptor) => Promise<Document>,
): Promise<OciReport> {
  const images: OciImageReport[] = [];
  if (isIndex(top)) {
    for (const descriptor of parseIndex(top.bytes, name).manifests) {
      const document = await read(descriptor);
      if (!isIndex(document)) images.push(imageReport(document, name, descriptor.platform));
    }
  } else images.push(imageReport(top, name, undefined));
  return { v: 1, name, digest: top.digest, images };
}

function imageReport(document: Document, where: string, platform: Descriptor['platform']): OciImageReport {
  const { layers, annotations = {} } = parseManifestDocument(document.bytes, where);
  const { kernel, os, dcp, layer: holds } = annotationNames;
  const [kernelVersion, osVersion] = [annotations[kernel], annotations[os]];
  return {
    os: platform?.os ?? null,
    arch: platform?.architecture ?? null,
    digest: document.digest,
    size: layers.reduce((sum, { size }) => sum + size, 0),
    versions:
      kernelVersion === undefined || osVersion === undefined
        ? null
        : { kernel: kernelVersion, os: osVersion, dcp: annotations[dcp] ?? null },
    layers: layers.map((layer) => ({
      holds: layer.annotations?.[holds] ?? null,
      ...{ digest: layer.digest, size: layer.size, mediaType: layer.mediaType, plain: isPlainLayer(layer) },
    })),
  };
}
