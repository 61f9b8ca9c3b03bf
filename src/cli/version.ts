/** The version of this program: package.json's. */

/** Set by the bundler; a bundle does not carry package.json. */
declare const BUNDLED_VERSION: string | undefined;

export async function opsctlVersion(): Promise<string> {
  if (typeof BUNDLED_VERSION === 'string') return BUNDLED_VERSION;
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
  return manifest.version;
}
