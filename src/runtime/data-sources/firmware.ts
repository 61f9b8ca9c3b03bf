/**
 * Which cloud this machine is in, by what its firmware says of it (SMBIOS), as ds-identify of cloud-init tells them apart:
 * https://github.com/canonical/cloud-init/blob/main/tools/ds-identify
 */
import { join } from 'node:path';
import type { Host } from '../../host/ports.ts';

const fields = ['sys_vendor', 'product_name', 'product_serial', 'product_uuid', 'chassis_asset_tag'] as const;
export type Firmware = Readonly<Record<(typeof fields)[number], string>>;

/** undefined where the machine has no SMBIOS, as boards have none. */
export async function readFirmware({ files }: Host, root: string): Promise<Firmware | undefined> {
  const folder = join(root, '/sys/class/dmi/id');
  if (!(await files.exists(folder))) return undefined;
  const read = async (name: string) => [
    name,
    (await files.readText(join(folder, name)).catch(() => '')).trim(),
  ];
  return Object.fromEntries(await Promise.all(fields.map(read))) as Firmware;
}

const novas = ['OpenStack Nova', 'OpenStack Compute'];
const novaTags = [...novas, 'OpenTelekomCloud', 'SAP CCloud VM', 'HUAWEICLOUD'];

/** Of sources with a service: whether the machine is theirs. Servers of Packet are of many makers, whose mark they have. */
const marks = {
  aws: ({ sys_vendor, product_uuid, product_serial }) =>
    sys_vendor === 'Amazon EC2' ||
    (/^ec2/i.test(product_uuid) && product_uuid.toLowerCase() === product_serial.toLowerCase()),
  azure: ({ chassis_asset_tag }) => chassis_asset_tag === '7783-7084-3265-9085-8269-3286-77',
  digitalocean: ({ sys_vendor }) => sys_vendor === 'DigitalOcean',
  gcp: ({ product_name, product_serial }) =>
    product_name === 'Google Compute Engine' || product_serial.startsWith('GoogleCloud-'),
  hetzner: ({ sys_vendor }) => sys_vendor === 'Hetzner',
  openstack: ({ product_name, chassis_asset_tag }) =>
    novas.includes(product_name) || novaTags.includes(chassis_asset_tag),
  oracle: ({ chassis_asset_tag }) => chassis_asset_tag === 'OracleCloud.com',
  scaleway: ({ sys_vendor }) => sys_vendor === 'Scaleway',
  vultr: ({ sys_vendor }) => sys_vendor === 'Vultr',
} as const satisfies Readonly<Record<string, (firmware: Firmware) => boolean>>;

const hasMark = (name: string): name is keyof typeof marks => Object.hasOwn(marks, name);

/** Whether the firmware says that the machine is in this cloud. Pure. */
export const isMarked = (name: string, firmware: Firmware | undefined): boolean =>
  firmware !== undefined && hasMark(name) && marks[name](firmware);

/**
 * Those among `names`, as bos.data_sources has them, whose service is not asked, as the firmware knows better: each of these
 * would be asked at one and the same address. With a single service named it is asked whatever the firmware says, and so are
 * all where there is no firmware to say anything. Pure.
 */
export function notHere(names: readonly string[], firmware: Firmware | undefined): ReadonlySet<string> {
  const services = names.filter((name) => name === 'packet' || hasMark(name));
  if (firmware === undefined || services.length < 2) return new Set();
  const found = services.filter((name) => isMarked(name, firmware));
  // Only what has no mark can be meant otherwise.
  const asked = found.length > 0 ? found : services.filter((name) => !hasMark(name));
  return new Set(services.filter((name) => !asked.includes(name)));
}
