/** A configuration as it is shown to people who may not see its secrets. */
import { hideSecrets } from './keys/secrets.ts';
import { merge } from './sources/merge.ts';

/** YAML in which each secret is hidden; `path` is what the bytes are called. Loaded only for what has some. */
export async function shownConfig(bytes: Uint8Array, path: string): Promise<string> {
  const [{ parseConfigYaml }, { renderConfigYaml }] = await Promise.all([
    import('./yaml/yaml.ts'),
    import('./render.ts'),
  ]);
  return renderConfigYaml(hideSecrets(merge([parseConfigYaml(bytes, path).layer]).config));
}
