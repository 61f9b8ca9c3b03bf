/** Charts and manifests that a pack names: whether they hold anything. */
import { isUtf8 } from 'node:buffer';
import type { PackRule } from '../pack-view.ts';
import { pathInPack } from './files.ts';

export const addedRules: PackRule = ({ meta, content }, report) => {
  const named = (key: string) => new Set(meta.texts(key).map((given) => pathInPack(given) ?? ''));
  for (const path of named('charts')) {
    const entry = content.entries.get(path);
    if (entry?.type === 'file' && entry.size === 0)
      report('error', path, undefined, 'is empty; expected a packed chart (.tgz)');
  }
  for (const path of named('kubeManifests')) {
    const [entry, bytes] = [content.entries.get(path), content.contents.get(path)];
    if (entry?.type !== 'file') continue;
    if (entry.size === 0) report('error', path, undefined, 'is empty; expected manifests in YAML');
    else if (bytes !== undefined && (!isUtf8(bytes) || bytes.includes(0)))
      report('error', path, undefined, 'is not text; expected manifests in YAML');
    else if (bytes !== undefined && !holdsManifest(Buffer.from(bytes).toString('utf8')))
      report('warning', path, undefined, 'has no object of Kubernetes in it: nothing in it has a kind');
  }
};

/** A template may make one of anything. */
const holdsManifest = (text: string): boolean =>
  text.includes('{{') || /(?:^|[{,])[ \t]*(?:- )?["']?kind["']?[ \t]*:/m.test(text);
