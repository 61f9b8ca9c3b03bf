/** The questions of an interactive installation. They complete a request and decide nothing else. */
import * as checks from '../config/checks.ts';
import type { Check } from '../config/key-types.ts';
import { hasLogin } from '../config/login.ts';
import { describeDisk } from '../disk/describe.ts';
import type { MachineFacts } from '../disk/facts.ts';
import { chooseDisk } from '../disk/select.ts';
import { OpsError } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { installedConfig } from '../install/fetch-config.ts';
import type { InstallRequest } from '../install/request.ts';
import type { Prepared } from '../install/run.ts';
import { handlers } from '../steps/index.ts';
import type { Ask } from './ask.ts';
import type { Terminal } from './command.ts';
import { planText } from './plan-text.ts';

export const introduction = `Bhojpur OS: you are asked what is needed and shown what will be done.
Nothing is changed before you say yes to that; until then Ctrl-C leaves.

`;

export type Task = 'install' | 'configure';

/** Naming a disk or a configuration is asking to install. `dcp` is the medium's version of it, empty for none. */
export async function askForTask(ask: Ask, request: InstallRequest, dcp: string): Promise<Task> {
  if (request.device !== undefined || request.configUrl !== undefined) return 'install';
  return ask.select<Task>({
    message: 'What should be done?',
    choices: [
      { name: 'Install to a disk', value: 'install' },
      {
        name: 'Configure this live system as a server or an agent',
        value: 'configure',
        ...(dcp === '' ? { disabled: '(no DCP in this image)' } : {}),
      },
    ],
  });
}

const accepts = (check: Check) => (value: string) => check(value.trim()) ?? true;

/** Asks for the disk where there are several, and for a way to log in where nothing gives one. */
export async function completeRequest(
  host: Host,
  ask: Ask,
  request: InstallRequest,
  facts: MachineFacts,
  say?: (line: string) => void,
): Promise<InstallRequest> {
  const device = await askForDisk(ask, request, facts);
  const named = device === undefined ? request : { ...request, device };
  // A configuration that was named is looked at by the check, and must give a login by itself.
  if (named.configUrl !== undefined || named.allowNoLogin || hasLogin(named.config)) return named;
  return askForLogin(host, ask, named, say);
}

/** A single disk is taken without asking; the medium and disks in use are not among the choices. */
async function askForDisk(
  ask: Ask,
  request: InstallRequest,
  facts: MachineFacts,
): Promise<string | undefined> {
  const choice = chooseDisk(facts, request.device, request);
  if ('disk' in choice) return undefined;
  const choices = choice.choices.map((disk) => ({ name: describeDisk(disk), value: disk.path }));
  return ask.select({ message: 'Install to which disk?', choices });
}

async function askForLogin(
  host: Host,
  ask: Ask,
  request: InstallRequest,
  say?: (line: string) => void,
): Promise<InstallRequest> {
  const way = await ask.select<'password' | 'github' | 'key' | 'config'>({
    message: 'How will you log in (user bhojpur)?',
    choices: [
      { name: 'a password', value: 'password' },
      { name: 'the ssh keys of a GitHub user', value: 'github' },
      { name: 'an ssh public key', value: 'key' },
      { name: 'as a configuration says that I give by URL', value: 'config' },
    ],
  });
  switch (way) {
    case 'password':
      return withConfig(request, { 'bos.password': await hashed(host, await askForPassword(ask)) });
    case 'github': {
      const validate = (value: string) => accepts(checks.sshKey)(`github:${value.trim()}`);
      const user = await ask.input({ message: 'GitHub user:', validate });
      return withConfig(request, { ssh_authorized_keys: [`github:${user.trim()}`] });
    }
    case 'key': {
      const key = await ask.input({ message: 'Public key:', validate: accepts(checks.sshKey) });
      return withConfig(request, { ssh_authorized_keys: [key.trim()] });
    }
    case 'config': {
      const validate = (value: string) => fetchable(host, value.trim(), say);
      const url = await ask.input({ message: 'URL of the configuration:', validate });
      return { ...request, configUrl: url.trim() };
    }
  }
}

async function askForPassword(ask: Ask): Promise<string> {
  for (;;) {
    const first = await ask.password({ message: 'Password:', validate: accepts(checks.password) });
    const again = await ask.password({ message: 'The same again:' });
    if (first === again) return first;
    process.stderr.write('The two differ.\n');
  }
}

/** As crypt(5) has it: what was typed is not kept in clear text on the disk. */
async function hashed(host: Host, clear: string): Promise<string> {
  const { stdout } = await host.processes.run('openssl', ['passwd', '-6', '-stdin'], { input: `${clear}\n` });
  return stdout.trim();
}

/** True, or why the configuration cannot be used, so that it can be corrected where it was typed. */
async function fetchable(host: Host, url: string, say?: (line: string) => void): Promise<true | string> {
  const fault = checks.configUrl(url);
  if (fault !== undefined) return fault;
  try {
    const { config } = await installedConfig(host, url, {}, say === undefined ? {} : { say });
    return hasLogin(config) || 'it gives nobody a way to log in (ssh_authorized_keys, bos.password)';
  } catch (error) {
    if (error instanceof OpsError) return [error.message, ...error.details].join('\n');
    throw error;
  }
}

const withConfig = (request: InstallRequest, more: InstallRequest['config']): InstallRequest => ({
  ...request,
  config: { ...request.config, ...more },
});

/** Shows the plan and wants the word yes. */
export async function confirmPlan(
  ask: Ask,
  { plan, checked }: Prepared,
  terminal: Terminal,
): Promise<boolean> {
  terminal.err(`\n${planText(plan, handlers, terminal.columns)}\n`);
  const disks = [checked.disk, ...(checked.varDisk === undefined ? [] : [checked.varDisk])];
  const which = disks.length === 1 ? 'this disk' : 'these disks';
  terminal.err(
    `Everything on ${which} will be lost:\n${disks.map((disk) => `  ${describeDisk(disk)}\n`).join('')}`,
  );
  const answer = await ask.input({
    message: `Type yes to install to ${checked.disk.path}, no to stop:`,
    validate: (value) => /^(yes|no?)$/i.test(value.trim()) || 'Type yes or no.',
  });
  return /^yes$/i.test(answer.trim());
}

/** Asked after success where nobody said what should happen to the machine. */
export const askToRestart = (ask: Ask): Promise<boolean> =>
  ask.confirm({ message: 'Restart now? (Take the medium out first.)' });
