/** The SBOM of an image: SPDX 2.3 as JSON (spdx.github.io/spdx-spec/v2.3). The same image gives the same bytes. */
import { sha256Of } from '../../host/digest.ts';
import { type Inventory, type InventoryPackage, renderInventory } from './inventory.ts';
import { isExpression } from './licence.ts';

/** Bhojpur DCP, as the manifest of a medium knows it. */
export interface DcpPart {
  readonly version: string;
  readonly sha256: string;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly purpose: 'APPLICATION' | 'FIRMWARE' | 'LIBRARY' | 'OPERATING-SYSTEM';
  readonly supplier: string;
  readonly licence?: string | null;
  readonly purl?: string;
  readonly sha256?: string | null;
  readonly source?: string;
  /** The row that contains it. */
  readonly within?: string;
}

const documentId = 'SPDXRef-DOCUMENT';
const osId = 'SPDXRef-bhojpur-os';
const opsctlId = 'SPDXRef-opsctl';

/** The document as text. */
export function renderSpdx(inventory: Inventory, dcp?: DcpPart): string {
  const rows = rowsOf(inventory, dcp);
  const created = `${new Date(inventory.date * 1000).toISOString().slice(0, 19)}Z`;
  const name = `bhojpur-os-${inventory.os}-${inventory.arch}`;
  // Unique for what it describes, and the same for the same (6.5: a URI, which need not lead anywhere).
  const unique = sha256Of(`${renderInventory(inventory)}${JSON.stringify(dcp ?? null)}`).slice(0, 32);
  return `${JSON.stringify(
    {
      spdxVersion: 'SPDX-2.3',
      dataLicense: 'CC0-1.0',
      SPDXID: documentId,
      name,
      documentNamespace: `https://spdx.org/spdxdocs/${name}-${unique}`,
      creationInfo: { created, creators: [`Tool: opsctl-${inventory.opsctl.version}`] },
      documentDescribes: [osId],
      packages: rows.map(packageOf),
      relationships: [
        relationship(documentId, 'DESCRIBES', osId),
        ...rows.flatMap(({ id, within }) =>
          within === undefined ? [] : [relationship(within, 'CONTAINS', id)],
        ),
      ],
    },
    null,
    1,
  )}\n`;
}

function rowsOf({ os, opsctl, packages, firmware }: Inventory, dcp: DcpPart | undefined): Row[] {
  const debian = 'Organization: Debian';
  const ours = 'Organization: Bhojpur OS';
  const rows: Row[] = [
    { id: osId, name: 'bhojpur-os', version: os, purpose: 'OPERATING-SYSTEM', supplier: ours },
    {
      ...{ id: opsctlId, name: 'opsctl', version: opsctl.version, purpose: 'APPLICATION', supplier: ours },
      ...{ licence: 'MIT', within: osId },
    },
    {
      ...{ id: 'SPDXRef-node', name: 'node', version: opsctl.node, purpose: 'APPLICATION' },
      ...{ supplier: 'NOASSERTION', purl: `pkg:generic/node@${opsctl.node}`, within: opsctlId },
    },
  ];
  for (const one of packages)
    rows.push({
      ...{ id: spdxId('deb', one.name), name: one.name, version: one.version, purpose: 'LIBRARY' },
      ...{ supplier: debian, licence: one.licence, purl: purlOf(one), sha256: one.sha256, within: osId },
      source: `built from the Debian source package ${one.source} ${one.sourceVersion}`,
    });
  for (const { name, version, licence } of opsctl.npm)
    rows.push({
      ...{ id: spdxId('npm', `${name}-${version}`), name, version, purpose: 'LIBRARY' },
      ...{ supplier: 'NOASSERTION', licence, within: opsctlId },
      purl: `pkg:npm/${name.replace('@', '%40')}@${encoded(version)}`,
    });
  if (firmware !== null)
    rows.push({
      ...{ id: 'SPDXRef-firmware', name: 'firmware', version: firmware.sha256.slice(0, 12) },
      ...{ purpose: 'FIRMWARE', supplier: 'NOASSERTION', within: osId },
    });
  if (dcp !== undefined)
    rows.push({
      ...{ id: 'SPDXRef-dcp', name: 'dcp', version: dcp.version, purpose: 'APPLICATION' },
      ...{ supplier: 'NOASSERTION', sha256: dcp.sha256, within: osId },
    });
  return rows;
}

function packageOf(row: Row): object {
  const { id, name, version, purpose, supplier, licence, purl, sha256, source } = row;
  return {
    SPDXID: id,
    name,
    versionInfo: version,
    supplier,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: licence && isExpression(licence) ? licence : 'NOASSERTION',
    copyrightText: 'NOASSERTION',
    primaryPackagePurpose: purpose,
    ...(source === undefined ? {} : { sourceInfo: source }),
    ...(sha256 ? { checksums: [{ algorithm: 'SHA256', checksumValue: sha256 }] } : {}),
    ...(purl === undefined
      ? {}
      : {
          externalRefs: [
            { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl },
          ],
        }),
  };
}

const relationship = (from: string, relationshipType: 'CONTAINS' | 'DESCRIBES', to: string) => ({
  spdxElementId: from,
  relationshipType,
  relatedSpdxElement: to,
});

/** Letters, digits, `.` and `-` (7.2); names that differ stay different. */
const spdxId = (kind: string, name: string) =>
  `SPDXRef-${kind}-${name.replaceAll('+', '.plus.').replaceAll(/[^A-Za-z0-9.-]/g, '-')}`;

/** A package URL (purl specification, type deb). The source tells scanners which advisories are about it. */
export function purlOf({ name, version, arch, source, sourceVersion }: InventoryPackage): string {
  const upstream = source === name ? '' : `&upstream=${encoded(`${source}@${sourceVersion}`)}`;
  return `pkg:deb/debian/${encoded(name)}@${encoded(version)}?arch=${arch}&distro=debian-12${upstream}`;
}

/** `:` stays as it is in a version (purl specification, "Character encoding"). */
const encoded = (text: string) => encodeURIComponent(text).replaceAll('%3A', ':');
