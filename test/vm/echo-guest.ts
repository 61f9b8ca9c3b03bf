/**
 * The smallest guest there is: a boot sector that greets on the serial port, echoes what is typed, greets again at a
 * newline and ends QEMU with exit code 33 at a `q`.
 */
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { workstationHost } from '../../src/host/workstation/index.ts';
import { type MachineInput, machine } from '../../src/vm/machine.ts';
import type { Session } from '../../src/vm/session.ts';
import { start } from '../../src/vm/start.ts';

// biome-ignore format: one instruction a line
const code = [
  0xfa,             // 00       cli
  0x31, 0xc0,       // 01       xor ax, ax
  0x8e, 0xd8,       // 03       mov ds, ax
  0x8e, 0xd0,       // 05       mov ss, ax
  0xbc, 0x00, 0x7c, // 07       mov sp, 0x7c00
  0xfc,             // 0a       cld
  0xbe, 0x47, 0x7c, // 0b greet: mov si, 0x7c47
  0xac,             // 0e       lodsb
  0x84, 0xc0,       // 0f       test al, al
  0x74, 0x05,       // 11       jz loop
  0xe8, 0x22, 0x00, // 13       call put
  0xeb, 0xf6,       // 16       jmp 0x0e
  0xba, 0xfd, 0x03, // 18 loop: mov dx, 0x3fd (line status)
  0xec,             // 1b       in al, dx
  0xa8, 0x01,       // 1c       test al, 1 (a byte has come)
  0x74, 0xfb,       // 1e       jz 0x1b
  0xba, 0xf8, 0x03, // 20       mov dx, 0x3f8
  0xec,             // 23       in al, dx
  0x3c, 0x0a,       // 24       cmp al, newline
  0x74, 0xe3,       // 26       je greet
  0x3c, 0x71,       // 28       cmp al, 'q'
  0x74, 0x05,       // 2a       je quit
  0xe8, 0x09, 0x00, // 2c       call put
  0xeb, 0xe7,       // 2f       jmp loop
  0xba, 0xf4, 0x00, // 31 quit: mov dx, 0xf4 (debug exit)
  0xb0, 0x10,       // 34       mov al, 0x10
  0xee,             // 36       out dx, al
  0xf4,             // 37       hlt
  0x50,             // 38 put:  push ax
  0xba, 0xfd, 0x03, // 39       mov dx, 0x3fd
  0xec,             // 3c       in al, dx
  0xa8, 0x20,       // 3d       test al, 0x20 (may send)
  0x74, 0xfb,       // 3f       jz 0x3c
  0x58,             // 41       pop ax
  0xba, 0xf8, 0x03, // 42       mov dx, 0x3f8
  0xee,             // 45       out dx, al
  0xc3,             // 46       ret
];
const greeting = '\r\n\x1b[1mready\x1b[0m> \0';

function disk(): Uint8Array {
  // SeaBIOS does not boot from a SATA disk of a few sectors.
  const bytes = new Uint8Array(1 << 20);
  bytes.set(code);
  bytes.set(Buffer.from(greeting, 'latin1'), code.length);
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}

export const host = workstationHost();

/** Starts the guest; it ends with the test. */
export async function startEcho(
  t: ExecutionContext,
  changes: MachineInput = {},
): Promise<{ readonly session: Session; readonly folder: string }> {
  const folder = await host.files.makeTempDir('bos-echo-');
  t.teardown(() => host.files.remove(folder));
  const file = join(folder, 'disk.img');
  await host.files.write(file, disk());
  const spec = machine({
    name: 'echo',
    memory: 32,
    cpus: 1,
    network: null,
    graphics: false,
    debugExit: true,
    disks: [{ id: 'boot', file, bus: 'sata', cache: 'unsafe' }],
    ...changes,
  });
  const session = await start(spec, host, { logs: join(folder, 'logs') });
  t.teardown(() => session.close());
  return { session, folder };
}
