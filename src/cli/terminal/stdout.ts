/** Bytes to standard output, no faster than they are taken. */

/** Resolves once more can be written; throws Node's error (EPIPE) when the reader is gone. */
export function writeStdout(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
