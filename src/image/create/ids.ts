/**
 * The ids of an image, made of what is in it: the same image has the same ones, and another one has others. Machines
 * that start from one image get an identity of their own with their first boot.
 */
import { createHash } from 'node:crypto';
import type { MachineFacts } from '../../disk/facts.ts';

export type ImageIds = MachineFacts['ids'] & {
  /** 16 bytes in hex: what names in folders are hashed with. */
  readonly hashSeed: string;
  /** Of the file that holds the disk, in formats that have one. */
  readonly imageFile: string;
};

/** `content` is whatever tells one image from another, in order. */
export function imageIds(content: readonly string[]): ImageIds {
  const seed = content.map((part) => `${Buffer.byteLength(part)}:${part}`).join('');
  const digest = (purpose: string) => createHash('sha256').update(`${purpose}\n${seed}`).digest('hex');
  const uuid = (purpose: string) => uuidOf(digest(purpose));
  return {
    disk: uuid('disk'),
    biosGrub: uuid('bios grub'),
    esp: uuid('esp'),
    state: uuid('state'),
    stateFs: uuid('state file system'),
    varDisk: uuid('var disk'),
    varPartition: uuid('var partition'),
    varFs: uuid('var file system'),
    espFs: digest('esp file system').slice(0, 8),
    hashSeed: digest('names in folders').slice(0, 32),
    imageFile: uuid('image file'),
  };
}

/** Version 8: made of what its maker likes (RFC 9562, section 5.8). */
const uuidOf = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
