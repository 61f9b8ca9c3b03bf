/**
 * bos.wifi: a provisioning file of connman's, which reads it at its start and whenever it changes, and the technology
 * itself switched on, as connman leaves it off until somebody says otherwise; then it also lifts the soft block of
 * the radio. /var stays from boot to boot, so this runs without a value too: networks that left the configuration
 * leave the file, and with the last one the file goes.
 */
import { messageWithDetails } from '../../../errors.ts';
import type { Files } from '../../../host/ports.ts';
import type { ApplyContext } from '../applier.ts';
import { jointApplier, throwAll } from '../applier.ts';
import { restartConnman } from './connman.ts';
import { readKey, setKey } from './key-file.ts';
import { renderNetworks } from './wifi-networks.ts';

const folder = '/var/lib/connman';
/** connman takes any name that ends in .config; people keep theirs in files of their own. */
export const networksFile = `${folder}/bos-wifi.config`;
/** What connman remembers: `[WiFi] Enable`, `[global] OfflineMode`. */
export const settingsFile = `${folder}/settings`;

export const wifiApplier = jointApplier({
  name: 'bos.wifi',
  keys: ['bos.wifi'],
  always: true,
  run: async (context) => {
    const { config, path } = context;
    const { files } = context.host;
    const file = path(networksFile);
    const { text, faults } = renderNetworks(config['bos.wifi'] ?? []);
    if (text === '') {
      if (await files.exists(file)) await files.remove(file);
    } else {
      const stat = await files.stat(file);
      const kept = stat?.type === 'file' && stat.mode === 0o600 && (await files.readText(file)) === text;
      if (!kept) {
        await files.makeDir(path(folder), 0o755);
        await files.writeAtomic(file, text, { mode: 0o600 });
      }
      await switchOn(context).catch((error) => faults.push(messageWithDetails(error)));
    }
    throwAll(faults);
  },
});

/**
 * By connman's own file, which it reads when it starts and when a radio is plugged in; at its start it also takes the
 * soft block from radios. `connmanctl enable wifi` while it runs is no other way to the same: a radio may stay
 * blocked, and its exit code does not say so.
 */
async function switchOn({ host, phase, path }: ApplyContext): Promise<void> {
  const { files } = host;
  const file = path(settingsFile);
  const settings = await files.readText(file).catch(() => '');
  const on = readKey(settings, 'WiFi', 'Enable') === 'true';
  if (!on) await files.writeAtomic(file, setKey(settings, 'WiFi', 'Enable', 'true'), { mode: 0o600 });
  if (phase !== 'runtime') return;
  if (readKey(settings, 'global', 'OfflineMode') === 'true') {
    throw new Error('connman is in offline mode: `sudo connmanctl offlinemode disable` turns it off');
  }
  const radios = await softBlocks(files, path('/sys/class/net'));
  if (!radios.some((blocked) => blocked || !on)) return;
  try {
    await restartConnman(host);
  } catch (error) {
    // The next time is another try.
    if (!on) await files.writeAtomic(file, settings, { mode: 0o600 });
    throw error;
  }
}

/** For each radio whether it is blocked by software (rfkill(4) of the kernel's sysfs). */
async function softBlocks(files: Files, interfaces: string): Promise<boolean[]> {
  const blocks: boolean[] = [];
  for (const name of await files.list(interfaces)) {
    const radio = `${interfaces}/${name}/phy80211`;
    if (!(await files.exists(radio))) continue;
    const switches = (await files.list(radio)).filter((entry) => entry.startsWith('rfkill'));
    const states = await Promise.all(switches.map((entry) => files.readText(`${radio}/${entry}/soft`)));
    blocks.push(states.some((state) => state.trim() === '1'));
  }
  return blocks;
}
