/** Certificates for servers on loopback, made by openssl; each is its own authority. */
import type { ExecutionContext } from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';

const host = linuxHost();

const settings = `[ca]
default_ca = d
[d]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = p
x509_extensions = e
[p]
commonName = supplied
[e]
subjectAltName = IP:127.0.0.1
basicConstraints = critical,CA:true
[req]
distinguished_name = n
[n]
`;

/** Key and certificate (PEM) for 127.0.0.1, valid between these dates (YYYYMMDD). */
export async function certificate(
  t: ExecutionContext,
  from: string,
  until: string,
): Promise<{ readonly key: string; readonly cert: string }> {
  const folder = await host.files.makeTempDir('bos-certificate-');
  t.teardown(() => host.files.remove(folder));
  const openssl = (...args: readonly string[]) => host.processes.run('openssl', args, { cwd: folder });
  await host.files.write(`${folder}/c.cnf`, settings);
  await host.files.write(`${folder}/index.txt`, '');
  await host.files.write(`${folder}/serial`, '01\n');
  await openssl(
    ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', 'key.pem', '-subj', '/CN=test', '-config', 'c.cnf', '-out', 'r.csr'],
  );
  await openssl(
    ...['ca', '-batch', '-selfsign', '-config', 'c.cnf', '-keyfile', 'key.pem', '-in', 'r.csr', '-notext'],
    ...['-startdate', `${from}000000Z`, '-enddate', `${until}000000Z`, '-out', 'cert.pem'],
  );
  return {
    key: await host.files.readText(`${folder}/key.pem`),
    cert: await host.files.readText(`${folder}/cert.pem`),
  };
}
