/** An empty disk of 20 GB and a partition, to be varied by each test. */
import type { DiskFacts, PartitionFacts } from '../../src/disk/facts.ts';

export const disk = (path: string, change: Partial<DiskFacts> = {}): DiskFacts => ({
  path,
  size: 20e9,
  logicalSectorSize: 512,
  physicalSectorSize: 512,
  removable: false,
  readOnly: false,
  links: [],
  partitions: [],
  mounts: [],
  holders: [],
  stacked: [],
  bootMedium: false,
  content: 'empty',
  contentSummary: 'empty',
  ...change,
});

export const partition = (path: string, change: Partial<PartitionFacts> = {}): PartitionFacts => ({
  path,
  number: 1,
  start: 2 ** 20,
  size: 1e9,
  mounts: [],
  holders: [],
  ...change,
});
