/** As much of a PE file as finding a section needs (Microsoft, "PE Format"), with `.sbat` in it if there is a text. */
export function portableExecutable(sbat?: string, fill = 0): Buffer {
  const text = Buffer.from(sbat ?? '', 'latin1');
  const file = Buffer.alloc(0x200 + text.length + 4096, fill);
  file.write('MZ', 0, 'latin1');
  file.writeUInt32LE(0x80, 0x3c);
  file.write('PE\0\0', 0x80, 'latin1');
  file.writeUInt16LE(sbat === undefined ? 1 : 2, 0x86);
  file.writeUInt16LE(16, 0x94);
  const section = (index: number, name: string, size: number, start: number) => {
    const at = 0x80 + 24 + 16 + index * 40;
    file.fill(0, at, at + 40);
    file.write(name, at, 'latin1');
    file.writeUInt32LE(size, at + 8);
    file.writeUInt32LE(size, at + 16);
    file.writeUInt32LE(start, at + 20);
  };
  section(0, '.text', 16, 0x1f0);
  if (sbat !== undefined) section(1, '.sbat', text.length, 0x200);
  text.copy(file, 0x200);
  return file;
}
