/** The machine profiles of qemu/, one per firmware: what a machine is unless something else is asked for. */
import bios from '../../qemu/bios.json' with { type: 'json' };
import secureboot from '../../qemu/secureboot.json' with { type: 'json' };
import uefi from '../../qemu/uefi.json' with { type: 'json' };
import { type Firmware, type MachineInput, type MachineSpec, machine } from './machine.ts';

const profiles: Readonly<Record<Firmware, unknown>> = { bios, uefi, secureboot };

/** A machine after the profile of `firmware`, with `changes` over it. Throws OpsError `machine-invalid`. */
export function fromProfile(firmware: Firmware, changes: MachineInput = {}): MachineSpec {
  return machine({ ...(profiles[firmware] as MachineInput), ...changes });
}
