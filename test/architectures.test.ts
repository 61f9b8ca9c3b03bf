/** The table of architectures: each row agrees with itself, with Debian's packages, and with the programs named. */
import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { architectureNames, architectureOfNode, architectures } from '../src/architectures.ts';
import { hasKernel, packageListsFor } from '../src/build/packages/lock.ts';
import { bootFiles } from '../src/build/stages/boot.ts';

const packages = readFileSync(new URL('../os/packages.json', import.meta.url), 'utf8');
const npm = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));

test('each row is found by its name and by what Node.js calls it', (t) => {
  for (const name of architectureNames) {
    t.is(architectures[name].name, name);
    t.is(architectureOfNode(architectures[name].node.arch)?.name, name);
  }
  t.is(architectureOfNode('mips'), undefined);
});

test('the Node.js of each is pinned with its digest', (t) => {
  for (const name of architectureNames) {
    const entry = npm.packages[`node_modules/${architectures[name].node.package}`];
    t.regex(entry.integrity, /^sha512-/, name);
    t.regex(entry.version, /^\d+\.\d+\.\d+$/, name);
  }
});

test('with a kernel comes a boot loader, and the packages that it is taken from', (t) => {
  for (const name of architectureNames) {
    const row = architectures[name];
    const lists = packageListsFor(packages, name);
    t.is(hasKernel(lists), row.efi !== undefined, name);
    t.is(lists.boot.includes('grub-pc-bin'), row.bios, name);
    t.is(lists.boot.includes(`grub-efi-${row.debian}-signed`), row.efi !== undefined, name);
    t.is(bootFiles(row).length, (row.bios ? 3 : 0) + (row.efi === undefined ? 0 : 4), name);
    t.true(lists.boot.includes('busybox-static'), name);
  }
});

test('no two architectures share a name that tells them apart', (t) => {
  const rows = architectureNames.map((name) => architectures[name]);
  for (const of of [
    rows.map(({ debian }) => debian),
    rows.map(({ triplet }) => triplet),
    rows.map(({ loader }) => loader),
    rows.map(({ elf }) => `${elf.machine}`),
    rows.map(({ pe }) => pe),
    rows.map(({ node }) => node.package),
    rows.flatMap(({ unames }) => unames),
    rows.flatMap(({ efi }) => (efi === undefined ? [] : [efi.fallback, efi.shim, efi.grub, efi.mediaGrub])),
  ])
    t.is(new Set(of).size, of.length, of.join());
});

test('the firmware files that Debian has are named as they are', (t) => {
  for (const name of architectureNames)
    for (const { code, variables } of Object.values(architectures[name].qemu.firmware))
      for (const file of [code, variables]) t.true(existsSync(file), `make setup installs ${file}`);
});
