/** An authority of its own, and the certificates that it signs: the server's, and those that clients are known by. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'];

/** Made by openssl; nothing is left on the disk but what `sign` gives. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bos-authority-'));
  readonly #signed = new Map<string, Pair>();
  readonly cert: string;

  constructor() {
    this.#openssl('ca', '/CN=api-server-of-tests', ['-addext', 'basicConstraints=critical,CA:true']);
    this.cert = readFileSync(join(this.#folder, 'ca.crt'), 'utf8');
  }

  /** For a server at these addresses and names. */
  server(addresses: readonly string[]): Pair {
    const names = addresses.map((one) => `${/^[\d.]+$|:/.test(one) ? 'IP' : 'DNS'}:${one}`).join(',');
    return this.#sign('/CN=kube-apiserver', ['-addext', `subjectAltName=${names}`]);
  }

  /** The common name is the user, the organizations are its groups. */
  client(user: string, groups: readonly string[]): Pair {
    return this.#sign(`${groups.map((group) => `/O=${group}`).join('')}/CN=${user}`, []);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #sign(subject: string, more: readonly string[]): Pair {
    const known = this.#signed.get(subject + more.join());
    if (known !== undefined) return known;
    const [ca, caKey] = ['ca.crt', 'ca.key'].map((name) => join(this.#folder, name)) as [string, string];
    this.#openssl('leaf', subject, ['-CA', ca, '-CAkey', caKey, ...more]);
    const pair = {
      cert: readFileSync(join(this.#folder, 'leaf.crt'), 'utf8'),
      key: readFileSync(join(this.#folder, 'leaf.key'), 'utf8'),
    };
    this.#signed.set(subject + more.join(), pair);
    return pair;
  }

  #openssl(name: string, subject: string, more: readonly string[]): void {
    const [out, keyout] = [join(this.#folder, `${name}.crt`), join(this.#folder, `${name}.key`)];
    const args = ['req', '-x509', ...curve, '-subj', subject, '-out', out, '-keyout', keyout, ...more];
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
