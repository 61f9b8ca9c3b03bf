/** What the sshd of the Linux that runs goes by: sshd(8), -T prints its settings. Reads only. */
import type { Host } from '../../../host/ports.ts';

export interface SshdSettings {
  /** Paths of private host keys. */
  readonly hostKeys: readonly string[];
  /** Paths with the tokens of sshd_config(5), relative ones below the home folder. */
  readonly keyFiles: readonly string[];
  /** It also takes keys that a program or a certificate names. */
  readonly otherSources: readonly string[];
}

const timeoutMs = 20_000;

/** As Debian and OpenSSH itself have it; what cannot be asked is taken for that. */
const usual: SshdSettings = {
  hostKeys: ['rsa', 'ecdsa', 'ed25519'].map((type) => `/etc/ssh/ssh_host_${type}_key`),
  keyFiles: ['.ssh/authorized_keys', '.ssh/authorized_keys2'],
  otherSources: [],
};

export async function sshdSettings({ processes }: Host): Promise<SshdSettings> {
  const { stdout } = await processes.run('sshd', ['-T'], { timeoutMs }).catch(() => ({ stdout: '' }));
  return parseSshdSettings(stdout);
}

/** Of the output of `sshd -T`: a line a setting, the name in lower case. */
export function parseSshdSettings(text: string): SshdSettings {
  const values = (name: string) =>
    text
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([first]) => first === name)
      .flatMap(([, ...rest]) => rest)
      .filter((value) => value !== 'none');
  const or = (found: readonly string[], other: readonly string[]) => (found.length > 0 ? found : other);
  return {
    hostKeys: or(values('hostkey'), usual.hostKeys),
    keyFiles: or(values('authorizedkeysfile'), usual.keyFiles),
    otherSources: [
      ...(values('authorizedkeyscommand').length > 0 ? ['AuthorizedKeysCommand'] : []),
      ...(values('trustedusercakeys').length > 0 ? ['TrustedUserCAKeys'] : []),
    ],
  };
}
