/** The questions of an interactive installation. They complete a request and decide nothing else. */
import { confirm, input, password, select } from '@inquirer/prompts';
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
import type { CommandContext, Terminal } from './command.ts';
import { planText } from './plan-text.ts';

/** Prompts draw on stderr: stdout is for results. */
const promptContext = (signal: AbortSignal) => ({ signal, output: process.stderr });

const accepts = (check: Check) => (value: string) => check(value.trim()) ?? true;

/** Asks for the disk where there are several, and for a way to log in where nothing gives one. */
export async function completeRequest(
  { host, signal }: CommandContext,
  request: InstallRequest,
  facts: MachineFacts,
): Promise<InstallRequest> {
  const device = await askForDisk(request, facts, signal);
  const named = device === undefined ? request : { ...request, device };
  // A configuration that was named is looked at by the check, and must give a login by itself.
  if (named.configUrl !== undefined || named.allowNoLogin || hasLogin(named.config)) return named;
  return askForLogin(host, named, signal);
}

/** A single disk is taken without asking; the medium and disks in use are not among the choices. */
async function askForDisk(
  request: InstallRequest,
  facts: MachineFacts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const choice = chooseDisk(facts, request.device, request);
  if ('disk' in choice) return undefined;
  const choices = choice.choices.map((disk) => ({ name: describeDisk(disk), value: disk.path }));
  return select({ message: 'Install to which disk?', choices }, promptContext(signal));
}

async function askForLogin(
  host: Host,
  request: InstallRequest,
  signal: AbortSignal,
): Promise<InstallRequest> {
  const context = promptContext(signal);
  const way = await select(
    {
      message: 'How will you log in (user bhojpur)?',
      choices: [
        { name: 'a password', value: 'password' },
        { name: 'the ssh keys of a GitHub user', value: 'github' },
        { name: 'an ssh public key', value: 'key' },
        { name: 'as a configuration says that I give by URL', value: 'config' },
      ] as const,
    },
    context,
  );
  switch (way) {
    case 'password':
      return withConfig(request, { 'bos.password': await hashed(host, await askForPassword(signal)) });
    case 'github': {
      const validate = (value: string) => accepts(checks.sshKey)(`github:${value.trim()}`);
      const user = await input({ message: 'GitHub user:', validate }, context);
      return withConfig(request, { ssh_authorized_keys: [`github:${user.trim()}`] });
    }
    case 'key': {
      const key = await input({ message: 'Public key:', validate: accepts(checks.sshKey) }, context);
      return withConfig(request, { ssh_authorized_keys: [key.trim()] });
    }
    case 'config': {
      const validate = (value: string) => fetchable(host, value.trim());
      const url = await input({ message: 'URL of the configuration:', validate }, context);
      return { ...request, configUrl: url.trim() };
    }
  }
}

async function askForPassword(signal: AbortSignal): Promise<string> {
  const context = promptContext(signal);
  for (;;) {
    const first = await password(
      { message: 'Password:', mask: true, validate: accepts(checks.password) },
      context,
    );
    const again = await password({ message: 'The same again:', mask: true }, context);
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
async function fetchable(host: Host, url: string): Promise<true | string> {
  const fault = checks.configUrl(url);
  if (fault !== undefined) return fault;
  try {
    const { config } = await installedConfig(host, url, {});
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
  { plan, checked }: Prepared,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<boolean> {
  terminal.err(`\n${planText(plan, handlers, terminal.columns)}\n`);
  terminal.err(`Everything on this disk will be lost:\n  ${describeDisk(checked.disk)}\n`);
  const answer = await input(
    {
      message: `Type yes to install to ${checked.disk.path}, no to stop:`,
      validate: (value) => /^(yes|no?)$/i.test(value.trim()) || 'Type yes or no.',
    },
    promptContext(signal),
  );
  return /^yes$/i.test(answer.trim());
}

/** Asked after success where nobody said what should happen to the machine. */
export const askToRestart = (signal: AbortSignal): Promise<boolean> =>
  confirm({ message: 'Restart now? (Take the medium out first.)', default: false }, promptContext(signal));
