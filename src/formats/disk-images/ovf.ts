/**
 * The description of a virtual machine with one disk, as VirtualBox and vSphere import it. After DMTF, DSP0243 "Open
 * Virtualization Format Specification" 1.1, and for what belongs to a firm, what VMware's ovftool writes. The machine: 2
 * processors, 2 GiB, BIOS (the disk starts by UEFI as well), one disk at an LSI Logic SCSI controller, and an E1000 network
 * card: what both products have had since ever and the initrd has drivers for. Both can be changed after the import.
 */

export interface OvfInput {
  /** Of the machine, which is also that of its files. */
  readonly name: string;
  readonly version: string;
  /** Of the disk, in bytes. */
  readonly size: number;
  /** The disk's file: its name in the archive, its bytes, and the bytes in use. */
  readonly disk: { readonly name: string; readonly length: number; readonly used: number };
}

const namespaces = [
  'xmlns="http://schemas.dmtf.org/ovf/envelope/1"',
  'xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"',
  'xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"',
  'xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"',
  'xmlns:vmw="http://www.vmware.com/schema/ovf"',
].join(' ');
const diskFormat = 'http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized';
/** CIM_OperatingSystem.OsType: "Debian 64-Bit". */
const osType = 96;
/** ResourceType of CIM_ResourceAllocationSettingData: 3 processors, 4 memory, 6 SCSI, 10 ethernet, 17 disk. */
const hardware: readonly Readonly<Record<string, string | number>>[] = [
  {
    Description: 'Number of virtual CPUs',
    ElementName: '2 virtual CPUs',
    ...{ InstanceID: 1, ResourceType: 3, VirtualQuantity: 2 },
  },
  {
    ...{ AllocationUnits: 'byte * 2^20', Description: 'Memory size', ElementName: '2048 MiB of memory' },
    ...{ InstanceID: 2, ResourceType: 4, VirtualQuantity: 2048 },
  },
  {
    ...{ Address: 0, Description: 'SCSI controller', ElementName: 'SCSI controller 0' },
    ...{ InstanceID: 3, ResourceSubType: 'lsilogic', ResourceType: 6 },
  },
  {
    ...{ AddressOnParent: 0, ElementName: 'Disk 0', HostResource: 'ovf:/disk/vmdisk1' },
    ...{ InstanceID: 4, Parent: 3, ResourceType: 17 },
  },
  {
    ...{ AddressOnParent: 7, AutomaticAllocation: 'true', Connection: 'VM Network' },
    ...{ Description: 'E1000 ethernet adapter', ElementName: 'Network adapter 0' },
    ...{ InstanceID: 5, ResourceSubType: 'E1000', ResourceType: 10 },
  },
];

/** Its elements in the order of the alphabet, as the schema wants them. */
const itemXml = (item: Readonly<Record<string, string | number>>): string => {
  const lines = Object.entries(item).map(([name, value]) => `        <rasd:${name}>${value}</rasd:${name}>`);
  return ['      <Item>', ...lines, '      </Item>'].join('\n');
};

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export function renderOvf({ name, version, size, disk }: OvfInput): string {
  const [title, file] = [escaped(name), escaped(disk.name)];
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope ${namespaces}>
  <References>
    <File ovf:href="${file}" ovf:id="file1" ovf:size="${disk.length}"/>
  </References>
  <DiskSection>
    <Info>Virtual disks</Info>
    <Disk ovf:capacity="${size}" ovf:capacityAllocationUnits="byte" ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:format="${diskFormat}" ovf:populatedSize="${disk.used}"/>
  </DiskSection>
  <NetworkSection>
    <Info>Networks</Info>
    <Network ovf:name="VM Network">
      <Description>The network of the machine</Description>
    </Network>
  </NetworkSection>
  <VirtualSystem ovf:id="${title}">
    <Info>A virtual machine</Info>
    <Name>${title}</Name>
    <OperatingSystemSection ovf:id="${osType}" ovf:version="12" vmw:osType="debian12_64Guest">
      <Info>The operating system</Info>
      <Description>Debian_64</Description>
    </OperatingSystemSection>
    <ProductSection>
      <Info>The product</Info>
      <Product>Bhojpur OS</Product>
      <Version>${escaped(version)}</Version>
    </ProductSection>
    <VirtualHardwareSection>
      <Info>Virtual hardware</Info>
      <System>
        <vssd:ElementName>Virtual hardware family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>${title}</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-10</vssd:VirtualSystemType>
      </System>
${hardware.map(itemXml).join('\n')}
      <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="bios"/>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`;
}
