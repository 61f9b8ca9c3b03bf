/** What one machine may say of itself, as data. */
import { z } from 'zod';

/** A part of a path, and of an address: no slash, no leading dot, nothing that would have to be escaped. */
const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
export const isMachineName = (text: string): boolean => namePattern.test(text) && !text.includes('..');
export const nameRule = 'expected 1 to 63 letters, digits, dots, hyphens and underscores';

/** Long enough that nobody guesses it. */
const tokenPattern = /^[A-Za-z0-9_-]{16,128}$/;
const macPattern = /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i;
/** As SMBIOS has them; no slash, as it is a part of an address. */
const serialPattern = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/;

const text = z.string();
const argument = text.min(1, 'expected an argument, found nothing');

const file = z
  .strictObject({
    path: text,
    source: text.optional(),
    content: text.optional(),
    executable: z.boolean().optional(),
  })
  .refine(({ source, content }) => (source === undefined) !== (content === undefined), {
    message: 'expected either source or content',
  });

const mac = text.regex(macPattern, 'expected a MAC address, such as 52:54:00:12:34:56');

export const machineSchema = z.strictObject({
  base: text.optional(),
  append_kargs: z.array(argument).optional(),
  delete_kargs: z.array(argument).optional(),
  replace_kargs: z.array(argument).optional(),
  entry: text.optional(),
  after_separator: z.boolean().optional(),
  install: z.record(text, z.union([text, z.boolean(), z.number()])).optional(),
  files: z.array(file).optional(),
  remove: z.array(text).optional(),
  volid: text.optional(),
  mac: z.union([mac, z.array(mac)]).optional(),
  serial: text
    .regex(serialPattern, 'expected a serial number of letters, digits, dots and hyphens')
    .optional(),
  token: text.regex(tokenPattern, 'expected 16 to 128 letters, digits, hyphens and underscores').optional(),
  once: z.boolean().optional(),
  report: z.boolean().optional(),
});

/** Beside these, `config`: a configuration, or the name of a file with one. */
export type MachineKeys = Readonly<z.infer<typeof machineSchema>>;
export const machineKeys = [...Object.keys(machineSchema.shape), 'config'];

/** `52:54:00:12:34:56`, however it is written. */
export const canonicalMac = (written: string): string => written.toLowerCase().replaceAll('-', ':');
/** Of what a key `mac` holds; nothing of what is wrong. */
export function macsOf(given: unknown): readonly string[] {
  const { success, data = [] } = machineSchema.shape.mac.safeParse(given);
  return success ? [data].flat().map(canonicalMac) : [];
}
export const serialOf = (given: unknown): string | undefined =>
  machineSchema.shape.serial.safeParse(given).data;
