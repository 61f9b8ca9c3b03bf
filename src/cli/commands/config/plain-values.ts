/** Values of the configuration in one line: as YAML beside their origins, as text and JSON for programs. Pure. */
import type { LayerValue, ObjectValue } from '../../../config/config.ts';

/** YAML in one line, which is JSON but for bytes. */
export function inOneLine(value: LayerValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (!Array.isArray(value)) return JSON.stringify(value);
  const items = (value as readonly (string | ObjectValue)[]).map((item) =>
    typeof item === 'string' ? JSON.stringify(item) : objectInOneLine(item),
  );
  return `[${items.join(',')}]`;
}

const objectInOneLine = (object: ObjectValue): string =>
  `{${Object.entries(object)
    .map(([name, value]) => {
      // In YAML what follows a key in quotes may follow at once, a tag may not.
      const text = value instanceof Uint8Array ? ` !!binary "${base64(value)}"` : JSON.stringify(value);
      return `${JSON.stringify(name)}:${text}`;
    })
    .join(',')}}`;

/** A line for each element or entry; objects as JSON. */
export function plainValue(value: Exclude<LayerValue, null>): string {
  if (typeof value !== 'object') return `${value}\n`;
  const lines = Array.isArray(value)
    ? value.map((item) => (typeof item === 'string' ? item : JSON.stringify(withoutBytes(item))))
    : Object.entries(value).map(([name, text]) => `${name}=${text}`);
  return lines.map((line) => `${line}\n`).join('');
}

/** JSON has no bytes: they are given as `encoding` says. */
function withoutBytes(object: ObjectValue): ObjectValue {
  const { content, encoding = '' } = object;
  if (!(content instanceof Uint8Array)) return object;
  const isPacked = /^(gz|gzip)$/.test(String(encoding));
  const isText = /b(ase)?64$/.test(String(encoding));
  return isText
    ? { ...object, content: Buffer.from(content).toString('latin1') }
    : { ...object, content: base64(content), encoding: isPacked ? 'gz+b64' : 'b64' };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
