/** What the plan of an image is made from. */
import type { Compression, ImageFormat } from '../../formats/disk-images/formats.ts';
import type { PlannedImage } from '../../install/medium/iso.ts';
import type { BootAssets } from '../../install/medium/live.ts';
import type { PlanInput } from '../../install/plan-input.ts';
import type { Manifest } from '../../media/manifest.ts';
import type { ImageIds } from './ids.ts';

/** Absolute. What is not complete lies in the folder of the image: a name is given without a copy. */
export interface OutputPaths {
  /** What is asked for. */
  readonly image: string;
  /** The raw image, to be converted or to become the image itself. */
  readonly raw: string;
  readonly converted: string;
  readonly sha256: string;
  readonly bmap: string;
}

export interface ImageInput {
  readonly output: OutputPaths;
  readonly format: ImageFormat;
  readonly compress: Compression | null;
  /** Whether the checksums of a raw image, which take as long as its size, are written beside it. */
  readonly checksums: boolean;
  /** Bytes. */
  readonly size: number;
  readonly ids: ImageIds;
  readonly image: PlannedImage;
  readonly manifest: Manifest;
  readonly manifestText: string;
  readonly config: PlanInput['config'];
  readonly assets: BootAssets;
  /** Kernel arguments of every entry. */
  readonly append: readonly string[];
  /** `console=` arguments: the last is where the system's own messages go. */
  readonly consoles: readonly string[];
  /** Of everything in the file system, in seconds since 1970. */
  readonly time: number;
}
