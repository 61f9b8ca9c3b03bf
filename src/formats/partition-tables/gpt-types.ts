/** Partition type GUIDs that are met on PCs and boards, lower case. */

export const partitionTypes = {
  /** UEFI 2.10 table 5.7. */
  efiSystem: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  /** GRUB manual, "BIOS installation": where core.img lies on a GPT disk. */
  biosGrub: '21686148-6449-6e6f-744e-656564454649',
  /** UAPI Discoverable Partitions Specification, "Generic Linux Data". */
  linuxData: '0fc63daf-8483-4772-8e79-3d69d8477de4',
} as const;

const names: Readonly<Record<string, string>> = {
  [partitionTypes.efiSystem]: 'EFI system',
  [partitionTypes.biosGrub]: 'BIOS boot',
  [partitionTypes.linuxData]: 'Linux',
  '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f': 'Linux swap',
  'e6d6d379-f507-44c2-a23c-238f2a3df928': 'Linux LVM',
  'a19d880f-05fc-4d3b-a006-743f0f84911e': 'Linux RAID',
  '4f68bce3-e8cd-4db1-96e7-fbcaf984b709': 'Linux root (amd64)',
  'b921b045-1df0-41c3-af44-4c6f280d3fae': 'Linux root (arm64)',
  '933ac7e1-2eb4-4f13-b844-0e14e2aef915': 'Linux home',
  'bc13c2ff-59e6-4262-a352-b275fd6f7172': 'Linux extended boot',
  'e3c9e316-0b5c-4db8-817d-f92df00215ae': 'Microsoft reserved',
  'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7': 'Microsoft basic data',
  'de94bba4-06d1-4d40-a16a-bfd50179d6ac': 'Windows recovery',
  '48465300-0000-11aa-aa11-00306543ecac': 'Apple HFS+',
  '7c3457ef-0000-11aa-aa11-00306543ecac': 'Apple APFS',
  '83bd6b9d-7f41-11dc-be0b-001560b84f0f': 'FreeBSD boot',
  '516e7cba-6ecf-11d6-8ff8-00022d09712b': 'FreeBSD ZFS',
};

/** What a type GUID stands for, or undefined. */
export function partitionTypeName(guid: string): string | undefined {
  return names[guid.toLowerCase()];
}
