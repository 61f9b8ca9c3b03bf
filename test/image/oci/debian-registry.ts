/** Debian's docker-registry on loopback, with a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface DebianRegistry {
  /** `127.0.0.1:PORT` */
  readonly name: string;
  readonly folder: string;
  stop(): void;
}

export interface DebianRegistryOptions {
  /** Lines of an htpasswd file, by bcrypt. */
  readonly htpasswd?: string;
  /** PEM, for 127.0.0.1. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Resolves when it listens. */
export async function startRegistry({ htpasswd, tls }: DebianRegistryOptions = {}): Promise<DebianRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'bos-registry-'));
  const port = await freePort();
  const config = [
    'version: 0.1',
    'log: {level: info, accesslog: {disabled: true}}',
    `storage: {filesystem: {rootdirectory: ${join(folder, 'data')}}}`,
    `http: {addr: "127.0.0.1:${port}", secret: for-tests${tlsOf(folder, tls)}}`,
    ...(htpasswd === undefined
      ? []
      : [`auth: {htpasswd: {realm: tests, path: ${join(folder, 'htpasswd')}}}`]),
  ];
  if (htpasswd !== undefined) writeFileSync(join(folder, 'htpasswd'), htpasswd);
  writeFileSync(join(folder, 'config.yml'), `${config.join('\n')}\n`);
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await listening(child);
  return {
    name: `127.0.0.1:${port}`,
    folder,
    stop: () => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function tlsOf(folder: string, tls: DebianRegistryOptions['tls']): string {
  if (tls === undefined) return '';
  writeFileSync(join(folder, 'key.pem'), tls.key);
  writeFileSync(join(folder, 'cert.pem'), tls.cert);
  return `, tls: {certificate: ${join(folder, 'cert.pem')}, key: ${join(folder, 'key.pem')}}`;
}

/** It says so itself. */
const listening = (child: ChildProcess) =>
  new Promise<void>((resolve, reject) => {
    let said = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`docker-registry ended with ${code}: ${said}`)));
    child.stderr?.on('data', (data: Buffer) => {
      said += data.toString();
      if (said.includes('listening on')) resolve();
    });
  });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
