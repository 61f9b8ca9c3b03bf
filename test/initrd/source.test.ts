/** Which folder of kernels the initrd takes the modules of the running kernel from. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../formats/support.ts';
import { initrdFunctions } from './functions.ts';

/** The folder, on a disk with these kernels, for this command line. */
function chosen(t: ExecutionContext, kernels: readonly string[], commandLine: string): string {
  const folder = temporaryFolder(t);
  for (const kernel of kernels) {
    mkdirSync(join(folder, 'run/state/bos/system/kernel', kernel), { recursive: true });
    writeFileSync(join(folder, 'run/state/bos/system/kernel', kernel, 'kernel.squashfs'), '');
  }
  writeFileSync(join(folder, 'cmdline'), `quiet ${commandLine}\n`);
  const script = [
    initrdFunctions(folder, ['messages', 'command-line', 'source']),
    'uname() { echo 6.1.0-49-amd64; }; mounted() { true; }; find_medium() { true; }; say() { true; }',
    'rescue() { echo "rescue: $1"; exit; }',
    `read_command_line ${folder}/cmdline; SOURCE=$RUN/state; choose_kernel_image`,
    'echo "$VERSION ${KERNEL_IMAGE#$RUN/}"',
  ].join('\n');
  return execFileSync('busybox', ['sh', '-c', script], { encoding: 'utf8' }).trim();
}

const plain = '6.1.0-49-amd64';
const rebuilt = '6.1.0-49-amd64+1a2b3c4d';
const image = (kernel: string) => `${kernel} state/bos/system/kernel/${kernel}/kernel.squashfs`;

test('the kernel that runs has the folder of its name', (t) => {
  t.is(chosen(t, [plain, rebuilt], ''), image(plain));
  t.is(chosen(t, [plain, rebuilt], `bos.kernel=${plain}`), image(plain));
});

test('another build of it has one of its own, which the boot loader names', (t) => {
  t.is(chosen(t, [plain, rebuilt], `bos.kernel=${rebuilt}`), image(rebuilt));
});

test('what the boot loader names counts for the kernel that runs alone, and as long as it is there', (t) => {
  t.is(chosen(t, [plain], `bos.kernel=${rebuilt}`), image(plain));
  t.is(chosen(t, [plain, '6.1.0-50-amd64'], 'bos.kernel=6.1.0-50-amd64'), image(plain));
  t.regex(chosen(t, [rebuilt], ''), /^rescue: no modules for the running kernel 6\.1\.0-49-amd64/);
});
