/**
 * Names of container images as containerd takes them, a registry in front or not (github.com/distribution/reference). In
 * src/oci a registry must be named, for opsctl never asks Docker Hub by accident; in a Plan that is usual. Pure.
 */

export interface ImageName {
  /** Without tag and digest, as written. */
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const host =
  '(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9-]+)*|\\[[0-9a-fA-F:]+\\])(?::\\d{1,5})?';
const namePattern = new RegExp(`^(?:${host}/)?${part}(?:/${part})*$`);
export const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const digestPattern = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/;

/** The parts of an image's name; undefined for what no registry has. */
export function parseImageName(text: string): ImageName | undefined {
  const [before = '', digest, more] = text.split('@');
  if (more !== undefined || (digest !== undefined && !digestPattern.test(digest))) return undefined;
  const colon = before.lastIndexOf(':');
  const hasTag = colon > before.lastIndexOf('/') && !/^\[[0-9a-fA-F:]*$/.test(before);
  const name = hasTag ? before.slice(0, colon) : before;
  const tag = hasTag ? before.slice(colon + 1) : undefined;
  if (!namePattern.test(name) || (tag !== undefined && !tagPattern.test(tag))) return undefined;
  return { name, tag, digest };
}

/** The tag that the controller makes of a version: `+`, which no tag may have, becomes `-`. */
export const tagOfVersion = (version: string): string => version.replaceAll('+', '-');
