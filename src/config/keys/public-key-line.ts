/** What a line of authorized_keys looks like (sshd(8)). */

const keyType = '(ssh-[a-z0-9-]+|ecdsa-sha2-[a-z0-9-]+|sk-[a-z0-9@.-]+)(@openssh\\.com)?';
/** A line of authorized_keys (sshd(8)): options, which may hold quoted spaces, the type and the key. */
export const publicKeyLine = new RegExp(
  `^((?:[^\\s"#]|"(?:[^"\\\\]|\\\\.)*")+\\s+)?${keyType}\\s+[A-Za-z0-9+/]{16,}={0,3}(\\s.*)?$`,
);
