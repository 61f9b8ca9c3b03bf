/** The smallest programs: as readelf sees them, and started where the kernel or an emulator starts them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type ArchitectureName, architectures } from '../../../src/architectures.ts';
import { exitProgram } from '../../../src/formats/executables/exit-program.ts';

function written(t: ExecutionContext, name: ArchitectureName): string {
  const folder = mkdtempSync(join(tmpdir(), 'bos-exit-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, exitProgram(architectures[name]), { mode: 0o755 });
  return path;
}

const seen = test.macro((t, name: ArchitectureName, machine: RegExp, kind: string) => {
  const text = execFileSync('readelf', ['--file-header', '--program-headers', written(t, name)]).toString();
  t.regex(text, machine);
  t.regex(text, new RegExp(`Class: +${kind}`));
  t.regex(text, /LOAD +0x0+ 0x0*10000 0x0*10000/);
  t.regex(text, /R E/);
});
test('amd64', seen, 'amd64', /X86-64/, 'ELF64');
test('arm64', seen, 'arm64', /AArch64/, 'ELF64');
test('arm', seen, 'arm', /Machine: +ARM\s/, 'ELF32');

test('each ends with code 0 under the emulator of its architecture', (t) => {
  for (const name of ['arm64', 'arm'] as const)
    t.notThrows(() => execFileSync(`${architectures[name].emulator}-static`, [written(t, name)]), name);
});

test('that of this machine is started by the kernel, and one with a broken header is not', (t) => {
  const path = written(t, 'amd64');
  t.notThrows(() => execFileSync(path));
  const bytes = Buffer.from(exitProgram(architectures.amd64));
  bytes.writeUInt16LE(0x7777, 18);
  writeFileSync(path, bytes);
  t.throws(() => execFileSync(path));
});
