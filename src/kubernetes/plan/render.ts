/** Manifests as the YAML that kubectl reads. Pure. */
import { Document } from 'yaml';
import { type Manifest, manifests } from './objects.ts';
import type { PlanRequest } from './request.ts';

/** One document after the other. The same request gives the same bytes. */
export const renderPlans = (request: PlanRequest): string =>
  manifests(request).map(renderManifest).join('---\n');

/** kubectl reads YAML 1.1: text that would be something else there, such as `yes`, gets quotes. */
function renderManifest(manifest: Manifest): string {
  const document = new Document(manifest, { aliasDuplicateObjects: false, compat: 'yaml-1.1' });
  return document.toString({ lineWidth: 0 });
}
