/** Replacing boot loaders on a real FAT32 file system, cut off after every write. */

import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { locateFatEntry, readFatFile } from '../../../src/formats/filesystems/fat/file.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { type UpdateBootLoader, updateBootLoader } from '../../../src/steps/boot/update-boot-loader.ts';
import { portableExecutable } from '../../formats/executables/portable-executable.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { contextOf } from '../context.ts';

const host = linuxHost();
const sbat = (generation: number) => `sbat,1,x\ngrub,${generation},x\n`;
const old = portableExecutable(sbat(4), 0x0a);
const newer = portableExecutable(sbat(5), 0x0b);
const path = 'EFI/BOOT/BOOTX64.EFI';

function esp(t: ExecutionContext, files: Readonly<Record<string, Uint8Array>>): string {
  const folder = temporaryFolder(t);
  const image = join(folder, 'esp');
  writeFileSync(image, '');
  truncateSync(image, 40 * 2 ** 20);
  tool('mkfs.fat', '-F', '32', '-s', '1', image);
  tool('mmd', '-i', image, '::/EFI', '::/EFI/BOOT', '::/EFI/other');
  for (const [name, bytes] of Object.entries(files)) {
    writeFileSync(join(folder, 'file'), bytes);
    tool('mcopy', '-i', image, join(folder, 'file'), `::/${name}`);
  }
  return image;
}

function stepFor(t: ExecutionContext, image: string, bytes: Uint8Array): UpdateBootLoader {
  const source = join(temporaryFolder(t), 'loader');
  writeFileSync(source, bytes);
  return {
    ...{ id: 'a', kind: 'update-boot-loader', partition: image },
    files: [
      { path: 'boot/grub/grub.cfg', content: { from: 'text', text: 'exit\n' } },
      { path, content: { from: 'file', path: source, size: bytes.length, sha256: sha256Of(bytes) } },
    ],
  };
}

async function update(step: UpdateBootLoader, used = host, warned: string[] = []): Promise<void> {
  const context = { ...contextOf(used), warn: (message: string) => void warned.push(message) };
  await updateBootLoader.preflight?.(step, context);
  await updateBootLoader.run(step, context);
  await updateBootLoader.verify?.(step, context);
}

const content = async (image: string, name: string) => {
  const found = await readFatFile(fromBytes(readFileSync(image)), name);
  return found === undefined ? undefined : Buffer.from(found);
};

test('folders and files that are not there are made; others stay', async (t) => {
  const image = esp(t, { 'EFI/other/shimx64.efi': old });
  await update(stepFor(t, image, newer));
  t.deepEqual(await content(image, path), newer);
  t.is((await content(image, 'boot/grub/grub.cfg'))?.toString(), 'exit\n');
  t.deepEqual(await content(image, 'EFI/other/shimx64.efi'), old);
  tool('fsck.fat', '-n', image);
});

test('a second time nothing is written', async (t) => {
  const image = esp(t, { [path]: old });
  await update(stepFor(t, image, newer));
  const before = readFileSync(image);
  await update(stepFor(t, image, newer));
  t.is(Buffer.compare(readFileSync(image), before), 0);
});

test('a loader with a higher SBAT generation stays, and that is said', async (t) => {
  const image = esp(t, { [path]: newer });
  const warned: string[] = [];
  await update(stepFor(t, image, old), host, warned);
  t.deepEqual(await content(image, path), newer);
  t.deepEqual(warned, ['the newer boot loader that is there stays: grub 5 (ours: 4)']);
  t.is((await content(image, 'boot/grub/grub.cfg'))?.toString(), 'exit\n', 'no loader');
});

test('what is no FAT32 is refused', async (t) => {
  const image = join(temporaryFolder(t), 'esp');
  writeFileSync(image, '');
  truncateSync(image, 40 * 2 ** 20);
  tool('mkfs.fat', '-F', '16', image);
  await t.throwsAsync(update(stepFor(t, image, newer)), { code: 'esp-not-fat32' });
});

/** A machine with Secure Boot on or off that has learned what it refuses. */
const machine = (secureBoot: number, level: string): Host => ({
  ...host,
  files: {
    ...host.files,
    exists: async (name) => name.startsWith('/sys/firmware/efi') || host.files.exists(name),
    read: async (name) => {
      if (/\/SecureBoot-/.test(name)) return Buffer.of(6, 0, 0, 0, secureBoot);
      return /\/SbatLevelRT-/.test(name) ? Buffer.from(`\x06\0\0\0${level}`) : host.files.read(name);
    },
  },
});

test('a loader that the firmware no longer starts is refused before anything is written', async (t) => {
  const image = esp(t, { [path]: newer });
  const before = readFileSync(image);
  const level = 'sbat,1,2025051000\nshim,4\ngrub,5\n';
  await t.throwsAsync(update(stepFor(t, image, old), machine(1, level)), {
    code: 'loader-revoked',
    message: /BOOTX64\.EFI: it requires grub 5 \(ours: 4\)/,
  });
  t.true(readFileSync(image).equals(before));
  await t.notThrowsAsync(update(stepFor(t, image, newer), machine(1, level)));
  await t.notThrowsAsync(update(stepFor(t, image, newer), machine(1, 'not a list')));
  await t.notThrowsAsync(update(stepFor(t, image, old), machine(0, level)), 'Secure Boot is off');
});

/** Keeps the image as it is after each write to it, by this process or by a program. */
function recording(image: string, states: string[]): Host {
  const keep = () => {
    const copy = `${image}.${states.length}`;
    copyFileSync(image, copy);
    states.push(copy);
  };
  return {
    ...host,
    files: {
      ...host.files,
      open: async (name, flags) => {
        const file = await host.files.open(name, flags);
        if (name !== image) return file;
        return {
          size: file.size,
          read: (offset, length) => file.read(offset, length),
          readInto: (offset, into) => file.readInto(offset, into),
          write: async (offset, bytes) => {
            await file.write(offset, bytes);
            keep();
          },
          sync: () => file.sync(),
          dropCache: () => file.dropCache(),
          close: () => file.close(),
        };
      },
    },
    processes: {
      ...host.processes,
      run: async (command, args, options) => {
        const result = await host.processes.run(command, args, options);
        if (args.includes(image)) keep();
        return result;
      },
    },
  };
}

const cut = test.macro(async (t, fillers: number) => {
  // Records of the two names in one sector of the folder, or in different ones.
  const names = Array.from({ length: fillers }, (_, index) => `EFI/BOOT/FILE${index}.TXT`);
  const others = Object.fromEntries(names.map((name) => [name, Buffer.from(name)]));
  const image = esp(t, { [path]: old, ...others });
  const states: string[] = [];
  await update(stepFor(t, image, newer), recording(image, states));
  t.deepEqual(await content(image, path), newer);
  tool('fsck.fat', '-n', image);
  const seen = await Promise.all(states.map((state) => content(state, path)));
  t.true(states.length >= 5);
  t.true(seen.every((bytes) => bytes?.equals(old) || bytes?.equals(newer)));
  t.true(seen.some((bytes) => bytes?.equals(old)) && seen.some((bytes) => bytes?.equals(newer)));
  for (const state of states) {
    await update(stepFor(t, state, newer));
    t.deepEqual(await content(state, path), newer);
    t.is(await locateFatEntry(fromBytes(readFileSync(state)), 'EFI/BOOT/BOOTX64.NEW'), undefined);
    for (const name of names) t.is((await content(state, name))?.toString(), name);
  }
});
test('after every write the name leads to a whole file, and a second run completes it: one sector', cut, 2);
test('after every write the name leads to a whole file, and a second run completes it: two sectors', cut, 20);
