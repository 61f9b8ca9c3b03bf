/** What was asked for: which image, to which disk, and how. */

export interface WriteRequest {
  /** A path or URL. */
  readonly image: string;
  /** A path of /dev, a link of /dev/disk or criteria. */
  readonly device?: string;
  /** A path or URL of a block map; false: none, even if one lies beside the image. */
  readonly bmap?: string | false;
  /** Lower-case hex, of the file as it lies there. */
  readonly sha256?: string;
  /** A fixed disk, and an image that ends before its partitions do. */
  readonly force: boolean;
  /** An image over http that nothing verifies. */
  readonly insecure: boolean;
  /** Nobody is asked. */
  readonly silent: boolean;
  readonly dryRun: boolean;
}
