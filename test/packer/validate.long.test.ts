/** Debian's packer takes every template: it has all their builders built in, and checks each field against them. */
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../formats/support.ts';
import { packerFolder, readIn, templates, variablesOf } from './folders.ts';

const run = promisify(execFile);

/** Runs packer in the folder of a template, with a home of its own; resolves with what it printed, or rejects. */
async function packer(t: ExecutionContext, name: string, args: readonly string[]): Promise<string> {
  const home = temporaryFolder(t);
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: home,
    CHECKPOINT_DISABLE: '1',
    PACKER_NO_COLOR: '1',
  };
  const { stdout } = await run('packer', args, { cwd: `${packerFolder}/${name}`, env });
  return stdout;
}

/** What is given where a variable has no default. */
const values: Readonly<Record<string, string>> = {
  project_id: 'project-1',
  proxmox_url: 'https://pve.example.com:8006/api2/json',
  vm_id: '9000',
};

/** The identity service that the builder of OpenStack asks even to validate: a token and an endpoint of compute. */
async function identity(t: ExecutionContext): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer(({ method, url }, response) => {
    asked.push(`${method} ${url}`);
    const { port } = server.address() as AddressInfo;
    const endpoint = {
      interface: 'public',
      region: 'one',
      region_id: 'one',
      url: `http://127.0.0.1:${port}/compute`,
    };
    const catalog = ['compute', 'image'].map((type) => ({ type, name: type, endpoints: [endpoint] }));
    response.writeHead(201, { 'content-type': 'application/json', 'x-subject-token': 'one-token' });
    response.end(JSON.stringify({ token: { catalog, expires_at: '2999-01-01T00:00:00.000000Z' } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v3`, asked };
}

for (const name of templates) {
  test.serial(`${name}: packer validate`, async (t) => {
    const service = name === 'openstack' ? await identity(t) : undefined;
    const given = variablesOf(readIn(name, 'variables.pkr.hcl'))
      .filter((variable) => variable.default === undefined)
      .map((variable) => {
        const value = variable.name === 'auth_url' ? service?.url : values[variable.name];
        return `${variable.name}=${value ?? `given-${variable.name}`}`;
      });
    // What is copied to the machine must exist; the package of the project always does.
    const copied = ['iso', 'opsctl'].filter((each) =>
      readIn(name, 'bos.pkr.hcl').includes(`source      = var.${each}`),
    );
    const files = copied.map((each) => `${each}=../../package.json`);
    const words = [...given, ...files].flatMap((each) => ['-var', each]);
    await t.notThrowsAsync(packer(t, name, ['validate', ...words, '.']));
    if (service !== undefined) t.deepEqual(service.asked, ['POST /v3/auth/tokens']);
  });

  test.serial(`${name}: as packer fmt writes it`, async (t) => {
    t.is(await packer(t, name, ['fmt', '-check', '.']), '');
  });
}

test.serial('a field that the builder does not know is found', async (t) => {
  await t.throwsAsync(packer(t, 'qemu', ['validate', '-var', 'nobody=1', '.']), { message: /nobody/ });
});
