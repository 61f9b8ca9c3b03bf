/**
 * The rules of SPDX 2.3 that the published JSON schema and the specification have for what an SBOM of ours holds: which
 * fields there must be, what their values look like, and that everything named exists.
 */
import { z } from 'zod';

const id = z.string().regex(/^SPDXRef-[A-Za-z0-9.-]+$/);
const none = z.enum(['NOASSERTION', 'NONE']);
/** Annex D: names joined by operators; what is not on the list of licences needs a definition, and none is given. */
const expression = z.string().regex(/^\(?[A-Za-z0-9.+-]+\)?( (AND|OR|WITH) \(?[A-Za-z0-9.+-]+\)?)*$/);

const entry = z.strictObject({
  SPDXID: id,
  name: z.string().min(1),
  versionInfo: z.string().min(1),
  supplier: z.union([z.literal('NOASSERTION'), z.string().regex(/^(Organization|Person): \S/)]),
  downloadLocation: z.union([none, z.url()]),
  filesAnalyzed: z.literal(false),
  licenseConcluded: z.union([none, expression]),
  licenseDeclared: z.union([none, expression]),
  copyrightText: z.string().min(1),
  primaryPackagePurpose: z.enum(['APPLICATION', 'FIRMWARE', 'LIBRARY', 'OPERATING-SYSTEM']),
  sourceInfo: z.string().optional(),
  checksums: z
    .array(
      z.strictObject({ algorithm: z.literal('SHA256'), checksumValue: z.string().regex(/^[0-9a-f]{64}$/) }),
    )
    .min(1)
    .optional(),
  externalRefs: z
    .array(
      z.strictObject({
        referenceCategory: z.literal('PACKAGE-MANAGER'),
        referenceType: z.literal('purl'),
        referenceLocator: z
          .string()
          .regex(/^pkg:(deb\/debian|npm(\/%40[a-z0-9._-]+)?|generic)\/[^/@\s]+@[^@\s]+$/),
      }),
    )
    .optional(),
});

const document = z.strictObject({
  spdxVersion: z.literal('SPDX-2.3'),
  dataLicense: z.literal('CC0-1.0'),
  SPDXID: z.literal('SPDXRef-DOCUMENT'),
  name: z.string().min(1),
  documentNamespace: z.url().refine((uri) => !uri.includes('#'), 'has a fragment'),
  creationInfo: z.strictObject({
    created: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    creators: z.array(z.string().regex(/^(Person|Organization|Tool): \S/)).min(1),
  }),
  documentDescribes: z.array(id).min(1),
  packages: z.array(entry).min(1),
  relationships: z.array(
    z.strictObject({
      spdxElementId: id,
      relationshipType: z.enum(['DESCRIBES', 'CONTAINS']),
      relatedSpdxElement: id,
    }),
  ),
});
export type SpdxDocument = z.infer<typeof document>;

/** What is wrong with a document; empty for a valid one. */
export function spdxFaults(value: unknown): string[] {
  const parsed = document.safeParse(value);
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
  const { packages, relationships, documentDescribes, SPDXID } = parsed.data;
  const ids = [SPDXID, ...packages.map((one) => one.SPDXID)];
  const known = new Set(ids);
  const faults: string[] = [];
  if (known.size !== ids.length) faults.push('an SPDXID occurs twice');
  for (const { spdxElementId, relatedSpdxElement } of relationships)
    for (const name of [spdxElementId, relatedSpdxElement])
      if (!known.has(name)) faults.push(`a relationship names ${name}, which does not exist`);
  for (const name of documentDescribes)
    if (!relationships.some((one) => one.relationshipType === 'DESCRIBES' && one.relatedSpdxElement === name))
      faults.push(`${name} is described without a relationship`);
  const held = new Set(relationships.map(({ relatedSpdxElement }) => relatedSpdxElement));
  for (const one of packages) if (!held.has(one.SPDXID)) faults.push(`nothing contains ${one.SPDXID}`);
  return faults;
}
