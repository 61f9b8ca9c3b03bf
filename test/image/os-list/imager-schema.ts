/**
 * What Raspberry Pi Imager asks of a repository file, in our own words, by its doc/json-schema/os-list-schema.json and
 * doc/schema-notes.md: which fields an image must have, their types and choices, and nothing unknown beside `os_list`.
 */
import { z } from 'zod';

const text = { type: 'string', minLength: 1 } as const;
const bytes = { type: 'integer', minimum: 1 } as const;
const digest = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;

const image = {
  type: 'object',
  required: [
    ...['name', 'description', 'icon', 'url', 'extract_size', 'extract_sha256'],
    ...['image_download_size', 'release_date', 'devices'],
  ],
  properties: {
    ...{ name: text, description: text, icon: text, website: text },
    url: { type: 'string', pattern: '^https?://' },
    ...{ extract_size: bytes, extract_sha256: digest },
    ...{ image_download_size: bytes, image_download_sha256: digest },
    release_date: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' },
    devices: { type: 'array', items: text, minItems: 1 },
    init_format: { type: 'string', enum: ['', 'none', 'systemd', 'cloudinit', 'cloudinit-rpi'] },
    architecture: { type: 'string', enum: ['armhf', 'armv8'] },
  },
  additionalProperties: false,
} as const;

const repository = z.fromJSONSchema({
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  required: ['os_list'],
  properties: { os_list: { type: 'array', items: image } },
  additionalProperties: false,
} as unknown as Parameters<typeof z.fromJSONSchema>[0]);

/** What Imager would not take of it; empty when it takes all. */
export const imagerFaults = (list: unknown): string[] =>
  (repository.safeParse(list).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
