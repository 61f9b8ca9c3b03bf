/**
 * What a person reads at the login prompt, on every screen, and after logging in: that the node went back to the version
 * before. It stays until another upgrade, since nobody may have been there when it happened.
 */
import { join } from 'node:path';
import { readBootFacts } from '../../boot/boot-facts.ts';
import { type Deployment, namedDeployment, sameDeployment } from '../../boot/deployment.ts';
import { messageOf } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { readUpgradeRecord, type UpgradeRecord } from '../../upgrade/record.ts';

/** agetty(8) shows it above the prompt, pam_motd(8) to whoever logs in. */
export const noticePaths = ['/run/issue.d/bos-upgrade.issue', '/run/motd.d/bos-upgrade'] as const;

/** Undefined: there is nothing to tell. Pure. */
export function noticeOf({ last }: UpgradeRecord, running: Deployment): string | undefined {
  if (last?.end !== 'returned' || !sameDeployment(last.from, running)) return undefined;
  return `Upgrade:   ${last.to.os} did not prove itself, this is ${last.from.os} again: sudo opsctl status\n\n`;
}

/** Writes or removes it. Throws nothing: what cannot be shown is said. */
export async function showNotice(host: Host, root: string, say: (line: string) => void): Promise<void> {
  const { files, processes } = host;
  try {
    const running = namedDeployment(await readBootFacts(host, root));
    const text = noticeOf(await readUpgradeRecord(files, root), running);
    for (const path of noticePaths) {
      const place = join(root, path);
      if (text !== undefined) {
        await files.makeDir(join(place, '..'));
        await files.writeAtomic(place, text, { mode: 0o644 });
      } else if (await files.exists(place)) await files.remove(place);
    }
    // Prompts at which nobody has begun to type are written again.
    if (text !== undefined) await processes.run('agetty', ['--reload'], { okCodes: [0, 1] });
  } catch (error) {
    say(`what became of the last upgrade cannot be shown: ${messageOf(error)}`);
  }
}
