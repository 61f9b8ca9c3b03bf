/**
 * What a person reads at the login prompt, on every screen, and after logging in: that the node went back to the version
 * before. It stays until another upgrade, since nobody may have been there when it happened.
 */
import { readBootFacts } from '../../boot/boot-facts.ts';
import { type Deployment, namedDeployment, sameDeployment } from '../../boot/deployment.ts';
import { messageOf } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { readUpgradeRecord, type UpgradeRecord } from '../../upgrade/record.ts';
import { reloadPrompts, setPromptNotice } from '../status/prompt-notice.ts';

const noticeName = 'bos-upgrade';

/** Undefined: there is nothing to tell. Pure. */
export function noticeOf({ last }: UpgradeRecord, running: Deployment): string | undefined {
  if (last?.end !== 'returned' || !sameDeployment(last.from, running)) return undefined;
  return `Upgrade:   ${last.to.os} did not prove itself, this is ${last.from.os} again: sudo opsctl status\n\n`;
}

/** Writes or removes it. Throws nothing: what cannot be shown is said. */
export async function showNotice(host: Host, root: string, say: (line: string) => void): Promise<void> {
  try {
    const running = namedDeployment(await readBootFacts(host, root));
    const text = noticeOf(await readUpgradeRecord(host.files, root), running);
    await setPromptNotice(host, root, noticeName, text);
    if (text !== undefined) await reloadPrompts(host);
  } catch (error) {
    say(`what became of the last upgrade cannot be shown: ${messageOf(error)}`);
  }
}
