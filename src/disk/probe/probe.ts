/**
 * Looks at a machine and writes down what it sees: the facts that every plan is made from. Reads only; tools are
 * lsblk and wipefs, and mtools and debugfs for disks that look like ours.
 */
import type { Host } from '../../host/ports.ts';
import type { MachineFacts } from '../facts.ts';
import { consolesOf, probeBootRecord, probeFirmware, probeMemory, type Roots, systemOf } from './machine.ts';
import { type ProbeOptions, probeDisks } from './probe-disks.ts';

/** Everything that is known of this machine. Random ids are drawn here, so that planning is pure. */
export async function probeMachine(host: Host, options: ProbeOptions = {}): Promise<MachineFacts> {
  const roots: Roots = { root: options.root ?? '' };
  const record = await probeBootRecord(host, roots);
  const [firmware, memory, commandLine, disks] = await Promise.all([
    probeFirmware(host, roots),
    probeMemory(host, roots),
    host.files.readText(`${roots.root}/proc/cmdline`),
    probeDisks(host, record, options),
  ]);
  const uuid = () => host.random.uuid().toLowerCase();
  return {
    v: 1,
    arch: host.system.arch,
    ...firmware,
    system: systemOf(record),
    memory,
    consoles: consolesOf(commandLine),
    disks,
    ...(record === undefined || record.mediumRoot === '' ? {} : { mediumRoot: record.mediumRoot }),
    ids: {
      disk: uuid(),
      biosGrub: uuid(),
      esp: uuid(),
      state: uuid(),
      stateFs: uuid(),
      varDisk: uuid(),
      varPartition: uuid(),
      varFs: uuid(),
      espFs: Buffer.from(host.random.bytes(4)).toString('hex'),
    },
  };
}
