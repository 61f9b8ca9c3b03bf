/**
 * The clouds and hypervisors that `opsctl image create --cloud` knows, a row each: what an image has to be so that it is
 * taken, starts, speaks where somebody listens, and asks the right service for its keys and user data.
 *
 * Formats: what each provider's import takes, and where it takes several, the one that needs the least work. Consoles:
 * the last one is where the system speaks and asks for a login. platforms.yaml of Fedora CoreOS
 * (github.com/coreos/fedora-coreos-config) gathers what the providers' pages say of theirs.
 */
import type { Compression, ImageFormat } from '../../formats/disk-images/formats.ts';

export interface Cloud {
  /** As its users call it. */
  readonly title: string;
  readonly format: ImageFormat;
  /** Left out where the format is compressed itself, or where the provider takes it plain alone. */
  readonly compress?: Compression;
  /** Of `console=`, in their order. */
  readonly consoles: readonly string[];
  /** For bos.data_sources, in their order. None: the configuration in the image says all. */
  readonly dataSources: readonly string[];
  /** Of the disk in the image, in bytes. */
  readonly size: { readonly multiple: number; readonly largest?: number };
  /** Modules that its machines need: to find their disk, which is for the initrd, and to reach the network. */
  readonly drivers: { readonly disk: readonly string[]; readonly network: readonly string[] };
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** The serial port is what the provider records and connects to; the screen gets a picture. */
const serialLast = ['tty0', 'ttyS0,115200n8'];
/** People look at the screen; a serial port is there for whoever adds one. */
const screenLast = ['ttyS0,115200n8', 'tty0'];

const anySize = { multiple: MiB };
const virtioDisks = ['virtio_pci', 'virtio_blk', 'virtio_scsi', 'sd_mod'];

export const clouds = {
  // docs.aws.amazon.com: VM Import/Export, "Importing a disk as a snapshot" (VHD, VMDK, RAW); Linux kernels with ENA and
  // NVMe for instances on Nitro, Xen for those before it; "EC2 serial console".
  aws: {
    title: 'Amazon EC2',
    format: 'raw',
    consoles: serialLast,
    dataSources: ['aws'],
    size: anySize,
    drivers: { disk: ['nvme', 'xen-blkfront'], network: ['ena', 'ixgbevf', 'xen-netfront'] },
  },
  // learn.microsoft.com: "Information for community supported and non-endorsed distributions": VHD of fixed size, its disk
  // a whole number of MiB, Hyper-V drivers in the initrd, console=ttyS0. Machines of size v6 have their disks on NVMe
  // behind a PCI bus of Hyper-V ("General FAQ for NVMe"); accelerated networking is a card of Mellanox or Microsoft.
  azure: {
    title: 'Microsoft Azure',
    format: 'vhd',
    consoles: serialLast,
    dataSources: ['azure'],
    size: anySize,
    drivers: {
      disk: ['hv_vmbus', 'hv_storvsc', 'pci-hyperv', 'nvme', 'sd_mod'],
      network: ['hv_netvsc', 'mlx4_en', 'mlx5_core', 'mana'],
    },
  },
  // cloud.google.com: "Manually import boot disks": a tar.gz with disk.raw, a whole number of GiB; "Build custom images":
  // virtio-scsi, NVMe on newer series, gVNIC; the first serial port is recorded ("Troubleshooting using serial console").
  gcp: {
    title: 'Google Cloud',
    format: 'gce',
    consoles: serialLast,
    dataSources: ['gcp'],
    size: { multiple: GiB },
    drivers: { disk: ['virtio_pci', 'virtio_scsi', 'sd_mod', 'nvme'], network: ['virtio_net', 'gve'] },
  },
  // No import: an image is written to a disk in the rescue system, then made a snapshot. hcloud-upload-image does that and
  // takes raw, compressed by bz2, xz or zstd (github.com/apricote/hcloud-upload-image). Its console is a screen.
  hetzner: {
    title: 'Hetzner Cloud',
    format: 'raw',
    compress: 'xz',
    consoles: screenLast,
    dataSources: ['hetzner'],
    size: anySize,
    drivers: { disk: virtioDisks, network: ['virtio_net'] },
  },
  // docs.openstack.org: Virtual Machine Image Guide: qcow2, virtio; "openstack console log show" reads the serial port.
  openstack: {
    title: 'OpenStack',
    format: 'qcow2',
    consoles: serialLast,
    dataSources: ['openstack'],
    size: anySize,
    drivers: { disk: virtioDisks, network: ['virtio_net'] },
  },
  // docs.digitalocean.com: API, "Create a Custom Image": raw, qcow2, vhdx, vdi or vmdk; gzip or bzip2; less than 100 GB
  // unpacked. The console of a Droplet is its screen.
  digitalocean: {
    title: 'DigitalOcean',
    format: 'raw',
    compress: 'gz',
    consoles: screenLast,
    dataSources: ['digitalocean'],
    size: { multiple: MiB, largest: 100e9 - (100e9 % MiB) },
    drivers: { disk: virtioDisks, network: ['virtio_net'] },
  },
  // docs.oracle.com: "Importing Custom Linux Images": QCOW2 or VMDK, at most 400 GB, virtio where the launch mode is
  // paravirtualized, the cards of its hosts where the network is SR-IOV; serial console connections.
  oracle: {
    title: 'Oracle Cloud',
    format: 'qcow2',
    consoles: serialLast,
    dataSources: ['oracle'],
    size: { multiple: MiB, largest: 400e9 - (400e9 % MiB) },
    drivers: { disk: virtioDisks, network: ['virtio_net', 'mlx5_core', 'bnxt_en'] },
  },
  // scaleway.com/en/docs: a snapshot is imported from a QCOW2 in an Object Storage bucket; the console is a serial port.
  scaleway: {
    title: 'Scaleway',
    format: 'qcow2',
    consoles: serialLast,
    dataSources: ['scaleway'],
    size: anySize,
    drivers: { disk: virtioDisks, network: ['virtio_net'] },
  },
  // An OpenStack: help.ovhcloud.com, "Upload your own image". Its console in the browser is the screen.
  ovh: {
    title: 'OVHcloud Public Cloud',
    format: 'qcow2',
    consoles: screenLast,
    dataSources: ['openstack'],
    size: anySize,
    drivers: { disk: virtioDisks, network: ['virtio_net'] },
  },
  // An OVA has what its machine needs to know of the hardware. Guest information (guestinfo) needs VMware's tools, which
  // the image has not: user data come on a CD.
  vsphere: {
    title: 'VMware vSphere',
    format: 'ova',
    consoles: screenLast,
    dataSources: ['cdrom'],
    size: anySize,
    drivers: {
      disk: ['vmw_pvscsi', 'mptspi', 'ahci', 'nvme', 'sd_mod'],
      network: ['vmxnet3', 'e1000', 'e1000e'],
    },
  },
  // pve.proxmox.com: "Cloud-Init Support": `qm set --scsi0 STORAGE:0,import-from=FILE`; its drive is labelled cidata.
  proxmox: {
    title: 'Proxmox VE',
    format: 'qcow2',
    consoles: serialLast,
    dataSources: ['cdrom'],
    size: anySize,
    drivers: { disk: [...virtioDisks, 'ahci'], network: ['virtio_net', 'e1000'] },
  },
  // kubevirt.io: "Containerized Data Importer" (raw or qcow2), "Startup Scripts" (cloudInitNoCloud and
  // cloudInitConfigDrive); `virtctl console` is the serial port.
  kubevirt: {
    title: 'KubeVirt',
    format: 'qcow2',
    consoles: serialLast,
    dataSources: ['cdrom', 'openstack'],
    size: anySize,
    drivers: { disk: [...virtioDisks, 'ahci'], network: ['virtio_net', 'e1000e'] },
  },
  // developer.hashicorp.com/vagrant: "Box File Format": for VirtualBox the parts of an OVA with a metadata.json, which
  // docs/cloud-images.md puts together; for libvirt `--format qcow2`. Vagrant logs in by a key of the box.
  vagrant: {
    title: 'Vagrant',
    format: 'ova',
    consoles: screenLast,
    dataSources: [],
    size: anySize,
    drivers: { disk: ['ahci', 'mptspi', 'virtio_blk', 'sd_mod'], network: ['e1000', 'virtio_net'] },
  },
  // portal.nutanix.com: Prism, "Image Management" (qcow2 among others); guest customization is a drive labelled config-2.
  nutanix: {
    title: 'Nutanix AHV',
    format: 'qcow2',
    consoles: serialLast,
    dataSources: ['openstack'],
    size: anySize,
    drivers: { disk: virtioDisks, network: ['virtio_net'] },
  },
} as const satisfies Record<string, Cloud>;

export type CloudName = keyof typeof clouds;
export const cloudNames = Object.keys(clouds) as readonly CloudName[];
