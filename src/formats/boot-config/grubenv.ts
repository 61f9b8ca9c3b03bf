/**
 * GRUB's environment block: 1024 bytes of text that GRUB reads before any operating system runs. The rules are
 * those of GRUB's grub-core/lib/envblk.c: a header line, `name=value` lines in which `\` protects a backslash and a
 * newline, lines of `#` skipped, the rest filled with `#`.
 */
import { refused, usage } from '../../errors.ts';

export const environmentSize = 1024;
/** Variables stay within the first sector, so that a change is one sector and cannot be half written. */
export const sectorBudget = 512;
const header = '# GRUB Environment Block\n';
const hash = 0x23;
const backslash = 0x5c;
const newline = 0x0a;
const equals = 0x3d;

/**
 * The variables that GRUB's load_env would set, in order. What follows a broken line is ignored, as GRUB does.
 * Throws OpsError `environment-invalid` (refused) without the header.
 */
export function parseEnvironmentBlock(block: Uint8Array): Map<string, string> {
  if (Buffer.from(block.subarray(0, header.length)).toString('latin1') !== header)
    throw refused('environment-invalid', 'This is not a GRUB environment block');
  const variables = new Map<string, string>();
  let position = header.length;
  while (position < block.length) {
    if (block[position] === hash) {
      position = endOfLine(block, position) + 1;
      continue;
    }
    const nameEnd = block.indexOf(equals, position);
    if (nameEnd < 0) break;
    const end = endOfLine(block, nameEnd + 1);
    if (end >= block.length) break;
    variables.set(text(block.subarray(position, nameEnd)), text(unprotect(block.subarray(nameEnd + 1, end))));
    position = end + 1;
  }
  return variables;
}

/**
 * Exactly 1024 bytes. Throws OpsError (usage) `environment-too-large` when the variables do not lie in the first
 * 512 bytes, `environment-name` or `environment-value` for what the format cannot say.
 */
export function renderEnvironmentBlock(variables: ReadonlyMap<string, string>): Uint8Array {
  let content = header;
  for (const [name, value] of variables) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw usage('environment-name', `"${name}" is not a valid GRUB variable name`);
    if (value.includes('\0') || !value.isWellFormed())
      throw usage('environment-value', `The value of ${name} has characters that GRUB cannot store`);
    content += `${name}=${value.replace(/[\\\n]/g, '\\$&')}\n`;
  }
  const bytes = Buffer.from(content, 'utf8');
  if (bytes.length > sectorBudget)
    throw usage(
      'environment-too-large',
      `The boot environment needs ${bytes.length} bytes, but there is room for ${sectorBudget}`,
      { hint: 'Use shorter version names.' },
    );
  const block = new Uint8Array(environmentSize).fill(hash);
  block.set(bytes);
  return block;
}

/** The index of the newline that ends the line, past the end of the block when there is none. */
function endOfLine(block: Uint8Array, start: number): number {
  let position = start;
  while (position < block.length && block[position] !== newline)
    position += block[position] === backslash ? 2 : 1;
  return position;
}

function unprotect(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let index = 0; index < bytes.length; index += 1) {
    if (bytes[index] === backslash && index + 1 < bytes.length) index += 1;
    out.push(bytes[index] as number);
  }
  return Uint8Array.from(out);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
