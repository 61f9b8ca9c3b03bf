/**
 * The scripts that keep a builder from stopping a machine too early: they end when it is off, fail when it does not go
 * off, and show no secret in their arguments. The providers' commands are small programs here; Proxmox is a server.
 */
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../formats/support.ts';
import { packerFolder } from './folders.ts';

/** Programs by name, as shell; `sleep` takes no time. Resolves with the exit code and what was said to stderr. */
function wait(
  t: ExecutionContext,
  name: string,
  env: Readonly<Record<string, string>>,
  programs: Readonly<Record<string, string>> = {},
): Promise<{ readonly exitCode: number; readonly stderr: string; readonly folder: string }> {
  const folder = temporaryFolder(t);
  for (const [program, text] of Object.entries({ sleep: ':', ...programs })) {
    writeFileSync(join(folder, program), `#!/bin/sh\ncd ${folder}\n${text}\n`);
    chmodSync(join(folder, program), 0o755);
  }
  return new Promise((resolve) => {
    const options = { env: { PATH: `${folder}:${process.env.PATH}`, ...env } };
    execFile(`${packerFolder}/${name}/wait-for-power-off.sh`, [], options, (error, _, stderr) =>
      resolve({ exitCode: error === null ? 0 : Number(error.code), stderr, folder }),
    );
  });
}

/** Says each word once, the last one for ever, and keeps what it was asked. */
const saying = (...words: string[]) =>
  `echo "$*" >> asked; n=$(wc -l < asked); set -- ${words.join(' ')}; [ "$n" -le $# ] || n=$#; shift $((n - 1)); echo "$1"`;

const google = { INSTANCE: 'node', PROJECT: 'p', ZONE: 'z', MINUTES: '1' };
const stack = { INSTANCE: 'node', MINUTES: '1' };

test('gcp: ends when the machine is terminated', async (t) => {
  const { exitCode, folder } = await wait(t, 'gcp', google, {
    gcloud: saying('RUNNING', 'STOPPING', 'TERMINATED'),
  });
  t.is(exitCode, 0);
  const asked = readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');
  t.is(asked.length, 3);
  t.is(asked[0], 'compute instances describe node --project p --zone z --format value(status)');
});

test('gcp: a machine that stays on is a failure, and so is a command that fails', async (t) => {
  const on = await wait(t, 'gcp', google, { gcloud: saying('RUNNING') });
  t.is(on.exitCode, 1);
  t.regex(on.stderr, /node has not powered off in 1 minutes \(its status is RUNNING\)/);
  const broken = await wait(t, 'gcp', google, { gcloud: 'exit 1' });
  t.is(broken.exitCode, 1);
  t.regex(broken.stderr, /its status is unknown/);
});

test('openstack: ends when the machine is shut off, and not before', async (t) => {
  const { exitCode, folder } = await wait(t, 'openstack', stack, { openstack: saying('ACTIVE', 'SHUTOFF') });
  t.is(exitCode, 0);
  t.is(readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n').length, 2);
  t.is((await wait(t, 'openstack', stack, { openstack: saying('ACTIVE') })).exitCode, 1);
});

/** As much of the API of Proxmox as is asked for; a wrong password has no ticket. */
async function proxmox(t: ExecutionContext, statuses: readonly string[]) {
  const log: string[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      log.push(`${request.method} ${request.url} ${body || request.headers.cookie}`);
      if (request.url === '/api2/json/access/ticket') {
        const right = new URLSearchParams(body).get('password') === 'a b&c';
        response.statusCode = right ? 200 : 401;
        response.end(
          right ? '{"data":{"username":"u@pve","ticket":"PVE:u@pve:65::x/y+z==","cap":{}}}' : '{"data":null}',
        );
        return;
      }
      const status = statuses[Math.min(asked, statuses.length - 1)];
      asked += 1;
      response.end(
        `{"data":{"qmpstatus":"odd","name":"bos","status":"${status}","vmid":900,"ha":{"managed":0}}}`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const API = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api2/json`;
  const env = {
    API,
    PROXMOX_USERNAME: 'u@pve',
    PROXMOX_PASSWORD: 'a b&c',
    NODE: 'n',
    VM_ID: '900',
    MINUTES: '1',
  };
  return { env, log };
}

test('proxmox: asks with a ticket until the machine is stopped', async (t) => {
  const { env, log } = await proxmox(t, ['running', 'stopped']);
  t.is((await wait(t, 'proxmox', env)).exitCode, 0);
  t.deepEqual(
    log.filter((line) => line.startsWith('GET')),
    [
      'GET /api2/json/nodes/n/qemu/900/status/current PVEAuthCookie=PVE:u@pve:65::x/y+z==',
      'GET /api2/json/nodes/n/qemu/900/status/current PVEAuthCookie=PVE:u@pve:65::x/y+z==',
    ],
  );
});

test('proxmox: a machine that stays on, and a wrong password, are failures', async (t) => {
  const on = await proxmox(t, ['running']);
  const { exitCode, stderr } = await wait(t, 'proxmox', on.env);
  t.is(exitCode, 1);
  t.regex(stderr, /Machine 900 has not powered off in 1 minutes \(its status is running\)/);
  const wrong = await wait(t, 'proxmox', { ...on.env, PROXMOX_PASSWORD: 'no' });
  t.is(wrong.exitCode, 1);
  t.regex(wrong.stderr, /its status is unknown/);
});

test('proxmox: no argument of a program has the password or the ticket', async (t) => {
  const { exitCode, folder } = await wait(
    t,
    'proxmox',
    {
      API: 'https://h/api2/json',
      PROXMOX_USERNAME: 'u',
      PROXMOX_PASSWORD: 'hush',
      NODE: 'n',
      VM_ID: '9',
      MINUTES: '1',
    },
    { curl: 'echo "$*" >> asked; cat > /dev/null; echo \'{"data":{"ticket":"SECRET","status":"stopped"}}\'' },
  );
  t.is(exitCode, 0);
  const asked = readFileSync(join(folder, 'asked'), 'utf8');
  t.notRegex(asked, /hush|SECRET/);
  t.regex(asked, /password@-[\s\S]*--header @-/);
});
