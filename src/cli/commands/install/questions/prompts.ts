/** The questions of an interactive installation, in order. They complete a request and decide nothing else. */

import type { Config } from '../../../../config/config.ts';
import * as checks from '../../../../config/keys/checks.ts';
import { hasLogin } from '../../../../config/keys/login.ts';
import type { MachineFacts } from '../../../../disk/facts.ts';
import { chooseDisk, notOffered } from '../../../../disk/select/select.ts';
import type { Host } from '../../../../host/ports.ts';
import { type Prepared, placeOf } from '../../../../install/prepare.ts';
import type { InstallRequest } from '../../../../install/request.ts';
import type { Ask } from '../../../terminal/ask.ts';
import { trimmedHint, validateInput } from '../../../terminal/validate-input.ts';
import type { Conversation } from '../../../terminal/way-back.ts';
import { summaryText } from '../summary.ts';
import { agreeTo } from './agree.ts';
import { askForNode } from './configure-prompts.ts';
import { askAmong } from './disk-prompt.ts';
import { askForKeymap, hasOwnKeymap } from './keymap-prompt.ts';
import { askForLogin } from './login-prompts.ts';
import { askForNetwork } from './network-prompt.ts';
import { askForWifi, hasRadio } from './wifi-prompts.ts';

export const introduction = `Bhojpur OS: you are asked what is needed, then shown what will be done.
Nothing is changed until you say yes to that. Enter accepts the default, Esc
goes back one question (at the first one it quits), Ctrl-C quits.

`;

export type Task = 'install' | 'configure';

/**
 * Naming a disk or a configuration, or how to install, is asking to install. `dcp` is the medium's version of it, empty
 * for none: then there is nothing else to do.
 */
export async function askForTask(ask: Ask, request: InstallRequest, dcp: string): Promise<Task> {
  const decided = request.device !== undefined || request.configUrl !== undefined || request.noFormat;
  if (decided || dcp === '') return 'install';
  return ask.select<Task>({
    message: 'What would you like to do?',
    choices: [
      { name: 'Install to a disk', value: 'install' },
      { name: 'Configure this live system as a server or an agent', value: 'configure' },
    ],
  });
}

/** Asks for what the request leaves open. `dcp` as in askForTask. */
export async function completeRequest(
  host: Host,
  talk: Conversation,
  request: InstallRequest,
  facts: MachineFacts,
  dcp: string,
): Promise<InstallRequest> {
  const device = await askForDisk(talk, request, facts);
  const named = device === undefined ? request : { ...request, device };
  // A configuration that was named is looked at by the check, and says everything by itself.
  if (named.configUrl !== undefined) return named;
  const keymap = await askForLayout(host, talk, named.config);
  // Before keys or a configuration are fetched.
  const network = named.config['bos.network'] === undefined ? await askForNetwork(host, talk) : undefined;
  const given: Config = {
    ...named.config,
    ...keymap,
    ...(network === undefined ? {} : { 'bos.network': network }),
  };
  const login = named.allowNoLogin || hasLogin(named.config) ? {} : await askForLogin(host, talk);
  if (login.configUrl !== undefined) return { ...named, configUrl: login.configUrl, config: given };
  const config: Config = { ...given, ...login.config };
  return { ...named, config: { ...config, ...(await askForSystem(host, talk, config, dcp)) } };
}

async function askForDisk(
  ask: Conversation,
  request: InstallRequest,
  facts: MachineFacts,
): Promise<string | undefined> {
  // Named or labelled: the check says what there is to choose from.
  if (request.noFormat) return undefined;
  return askAmong(ask, {
    choice: chooseDisk(facts, request.device, request),
    leftOut: request.device === undefined ? notOffered(facts) : [],
    named: request.device !== undefined,
    message: 'Install to which disk?',
  });
}

/** Before the first password is typed. */
async function askForLayout(host: Host, talk: Conversation, given: Config): Promise<Config> {
  if (given['bos.keymap'] !== undefined || !(await talk.once(() => hasOwnKeymap(host)))) return {};
  const keymap = await askForKeymap(host, talk);
  return keymap === undefined ? {} : { 'bos.keymap': keymap };
}

/** What the installed system is to be, as far as the command line has not said it. */
async function askForSystem(host: Host, talk: Conversation, given: Config, dcp: string): Promise<Config> {
  const hostname = given.hostname === undefined ? await askForHostname(talk) : undefined;
  const radio = given['bos.wifi'] === undefined && (await talk.once(() => hasRadio(host)));
  const wifi = radio ? await askForWifi(talk) : undefined;
  const decided = given['bos.server_url'] ?? given['bos.dcp_args'] ?? given['bos.token'];
  const node = dcp === '' || decided !== undefined ? undefined : await askForNode(talk);
  return {
    ...(hostname === undefined ? {} : { hostname }),
    ...(wifi === undefined ? {} : { 'bos.wifi': wifi }),
    ...(node?.serverUrl === undefined ? {} : { 'bos.server_url': node.serverUrl }),
    ...(node?.token === undefined ? {} : { 'bos.token': node.token }),
  };
}

async function askForHostname(talk: Conversation): Promise<string | undefined> {
  const check = (value: string) => (value === '' ? undefined : checks.hostname(value));
  const answer = await talk.input({
    message: 'Host name (empty: a generated one):',
    validate: validateInput(check),
    hint: trimmedHint(check),
  });
  const hostname = answer.trim();
  return hostname === '' ? undefined : hostname;
}

/** Shows what will be done and lost, and waits for the word yes. Throws `declined` (refused) for a no. */
export const agree = (
  talk: Conversation,
  prepared: Prepared,
  request: InstallRequest,
  columns: number,
): Promise<void> =>
  agreeTo(
    talk,
    {
      summary: summaryText(prepared, request, columns),
      action: `install to ${placeOf(prepared)}`,
      plan: prepared.plan,
      declined: 'Not installed: nothing was touched.',
    },
    columns,
  );

/** Asked after success where nobody said what should happen to the machine. */
export const askToRestart = (ask: Ask): Promise<boolean> => ask.confirm({ message: 'Restart now?' });
