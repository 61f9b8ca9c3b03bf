/**
 * What is in the image, said inside of it: the package list, the SBOM, a dpkg status for scanners, and the copyright
 * files of what does not come with the base.
 */
import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import {
  hasKernel,
  kernelPackage,
  lockedPackage,
  type PackageLists,
  type PackageLock,
} from '../packages/lock.ts';
import type { Stage } from '../stage.ts';
import { bootPackages } from '../stages/boot.ts';
import { regulatory } from '../stages/kernel.ts';
import type { OverlayEntry } from '../stages/rootfs.ts';
import { aboutPackage } from './copyright.ts';
import { parseStanzas, sourceOf } from './debian-version.ts';
import {
  bundledPackages,
  type Inventory,
  type InventoryPackage,
  inventoryFolder,
  inventoryPath,
  renderInventory,
} from './inventory.ts';
import { licenceOf } from './licence.ts';
import { renderSpdx } from './spdx.ts';

export interface InventoryParts {
  readonly lock: PackageLock;
  readonly lists: PackageLists;
  /** Of the OS. */
  readonly version: string;
  /** Of the Node.js that runs opsctl. */
  readonly nodeVersion: string;
  /** The licence texts of the bundle: `….LICENSES.txt`. */
  readonly bundleLicences: string;
  readonly firmware: { readonly digest: unknown } | undefined;
}

type Need = 'base' | 'kernel' | 'boot';

const licences = `${inventoryFolder}/licenses`;
const status = 'usr/lib/dpkg/status';

/** What is added to a status, which dpkg would have written after an installation. */
const installed = 'Status: install ok installed';

/** Packages whose files are taken apart, by the stage that does so. */
const apart = ({ lock, lists }: Pick<InventoryParts, 'lock' | 'lists'>) => [
  ...(hasKernel(lists) ? [kernelPackage(lock), lockedPackage(lock, regulatory.package)] : []).map(
    (entry) => ({ entry, stage: 'kernel' as const }),
  ),
  ...bootPackages(lock, lists).map((entry) => ({ entry, stage: 'boot' as const })),
];

/** Makes `packages.json`, `sbom.spdx.json` and `status`. The stage of the kernel is needed where the lists have one. */
export function inventoryStage(
  host: Host,
  needs: Readonly<Record<Exclude<Need, 'kernel'>, Stage> & Partial<Record<Need, Stage>>>,
  parts: InventoryParts,
): Stage<Need> {
  const { lock, version, nodeVersion, bundleLicences, firmware } = parts;
  const digests = { bundle: sha256Of(bundleLicences), firmware: firmware?.digest ?? null };
  return {
    name: 'inventory',
    title: 'List what is in the image',
    inputs: { lock: lock.packages, date: lock.date, version, nodeVersion, digests, format: 1 },
    needs: needs as Readonly<Record<Need, Stage>>,
    make: async ({ folder, from }) => {
      const { files, processes } = host;
      const raw = `${folder}/raw`;
      await files.makeDir(raw);
      await processes.run('tar', ['-xf', `${from.base}/base.tar`, '-C', raw, `./${status}`, `./${licences}`]);
      const base = await files.readText(`${raw}/${status}`);
      const found: InventoryPackage[] = [];
      const add = async (
        fields: ReadonlyMap<string, string>,
        part: InventoryPackage['part'],
        copyright: string,
      ) => {
        const name = fields.get('Package') ?? '';
        const text = await files.readText(copyright).catch(() => '');
        found.push({
          ...{ name, version: fields.get('Version') ?? '', arch: fields.get('Architecture') ?? '' },
          ...{ ...sourceOf(fields), part, licence: licenceOf(text) ?? null },
          sha256: lock.packages.find((entry) => entry.name === name)?.sha256 ?? null,
        });
      };
      for (const fields of parseStanzas(base))
        await add(fields, 'os', `${raw}/${licences}/${fields.get('Package')}/copyright`);
      const more: string[] = [];
      for (const { entry, stage } of apart(parts)) {
        const about = aboutPackage(entry.name);
        const stanza = (await files.readText(`${from[stage]}/${about.control}`)).trimEnd();
        more.push(stanza.replace(/^(Package: .*)$/m, `$1\n${installed}`));
        for (const fields of parseStanzas(stanza))
          await add(fields, stage, `${from[stage]}/${about.copyright}`);
      }
      await files.remove(raw);
      found.sort((a, b) => (a.name < b.name ? -1 : 1));
      const inventory: Inventory = {
        ...{ v: 1, os: version, arch: lock.arch, date: lock.date, packages: found },
        opsctl: { version, node: nodeVersion, npm: bundledPackages(bundleLicences) },
        firmware: firmware === undefined ? null : { sha256: sha256Of(JSON.stringify(firmware.digest)) },
      };
      await files.write(`${folder}/packages.json`, renderInventory(inventory));
      await files.write(`${folder}/sbom.spdx.json`, renderSpdx(inventory));
      await files.write(`${folder}/status`, `${[base.trimEnd(), ...more].join('\n\n')}\n`);
    },
  };
}

/**
 * Where these lie in the root file system. A scanner of the image reads the status below /var, one of a running system
 * that in /var, which the boot keeps equal to the one below /usr; squashfs stores the three once.
 */
export function inventoryEntries(
  parts: Pick<InventoryParts, 'lock' | 'lists'>,
  texts: Readonly<Record<string, string>>,
): OverlayEntry[] {
  const made = (path: string, file: string): OverlayEntry => ({
    ...{ path, from: { stage: 'inventory', file }, mode: 0o644 },
  });
  return [
    made(inventoryPath, 'packages.json'),
    made(`${inventoryFolder}/sbom.spdx.json`, 'sbom.spdx.json'),
    made(status, 'status'),
    made('var/lib/dpkg/status', 'status'),
    made('usr/lib/bhojpur/var-template/lib/dpkg/status', 'status'),
    ...apart(parts).map(
      ({ entry, stage }): OverlayEntry => ({
        path: `${licences}/${entry.name}/copyright`,
        from: { stage, file: aboutPackage(entry.name).copyright },
        mode: 0o644,
      }),
    ),
    // The licences of opsctl's own parts.
    ...Object.entries(texts).map(
      ([name, from]): OverlayEntry => ({
        ...{ path: `${licences}/${name}/copyright`, from, mode: 0o644 },
      }),
    ),
  ];
}
