/**
 * Addresses of wired interfaces, which only the network-config of the boot partition says: a provisioning file of
 * connman's. /var stays from boot to boot, so the file goes when the seed says nothing of them any more.
 */
import { seedOriginPath } from '../../../config/seed/seed-files.ts';
import { jointApplier } from '../applier.ts';

const folder = '/var/lib/connman';
export const wiredFile = `${folder}/bos-seed.config`;

export const wiredApplier = jointApplier({
  name: 'network-config',
  keys: ['bos.network'],
  always: true,
  run: async ({ host, path, config, warn }) => {
    const { files } = host;
    const seed = await wiredText(host, path('/'), await files.exists(path(seedOriginPath)));
    // Two that say how an interface is set up would be in each other's way.
    const text = config['bos.network'] === undefined ? seed : '';
    if (text !== seed) warn?.('addresses of network-config are left out: bos.network says how');
    const file = path(wiredFile);
    if (text === '') {
      if (await files.exists(file)) await files.remove(file);
      return;
    }
    const stat = await files.stat(file);
    if (stat?.type === 'file' && stat.mode === 0o600 && (await files.readText(file)) === text) return;
    await files.makeDir(path(folder), 0o755);
    await files.writeAtomic(file, text, { mode: 0o600 });
  },
});

async function wiredText(
  host: Parameters<typeof wiredApplier.run>[0]['host'],
  root: string,
  seeded: boolean,
) {
  if (!seeded) return '';
  const { readSeed } = await import('../../../config/seed/seed-layers.ts');
  const { renderWired } = await import('../../../config/seed/wired.ts');
  return renderWired((await readSeed(host, root))?.wired ?? []);
}
