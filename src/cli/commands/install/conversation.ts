/** A person at a terminal installs: from the first question to the agreement, and the one question afterwards. */
import type { MachineFacts } from '../../../disk/facts.ts';
import { probeMachine } from '../../../disk/probe/probe.ts';
import type { ProbeOptions } from '../../../disk/probe/probe-disks.ts';
import type { CheckOptions } from '../../../install/check/check.ts';
import { type Prepared, prepareInstall } from '../../../install/prepare.ts';
import type { InstallRequest } from '../../../install/request.ts';
import { withNetwork } from '../../../operation/network.ts';
import type { CommandContext } from '../../command.ts';
import { type Ask, askAtTerminal, isCtrlC, WentBack } from '../../terminal/ask.ts';
import { withWayBack } from '../../terminal/way-back.ts';
import { configureLive } from './configure-action.ts';
import { agree, askForTask, askToRestart, completeRequest, introduction } from './questions/prompts.ts';

/** What came of the questions: something agreed to, or a live system that was configured instead. */
export type Answers =
  | {
      readonly task: 'install';
      readonly request: InstallRequest;
      readonly facts: MachineFacts;
      readonly prepared: Prepared;
    }
  | { readonly task: 'configure'; readonly exitCode: number };

export interface InstallConversation {
  /** `dcp` is the medium's version of it, empty for none; `say` tells why nothing seems to happen. */
  hold(asked: InstallRequest, dcp: string, say: (line: string) => void): Promise<Answers>;
  /** True when the machine should restart. */
  restart(): Promise<boolean>;
  /** Waits until the person has taken the medium out. */
  removal(medium: string): Promise<void>;
}

export function installConversation(
  context: CommandContext,
  ask: Ask = askAtTerminal(context.signal),
  /** As for probing and the check. */
  { loops = false, ...boot }: Pick<ProbeOptions, 'loops'> & Pick<CheckOptions, 'bootFolder'> = {},
): InstallConversation {
  const { host, terminal, signal } = context;
  return {
    async hold(asked, dcp, say) {
      terminal.err(introduction);
      return withWayBack(ask, terminal.err, async (talk): Promise<Answers> => {
        if ((await askForTask(talk, asked, dcp)) === 'configure')
          return { task: 'configure', exitCode: await configureLive(context, talk) };
        talk.tell('Looking at the disks.\n');
        const facts = await talk.once(() => probeMachine(host, { loops }));
        const network = await withNetwork(host, asked);
        const request = await completeRequest(network, talk, asked, facts, dcp);
        const prepared = await talk.once(() =>
          prepareInstall(network, request, facts, { ...boot, say, signal }),
        );
        await agree(talk, prepared, request, terminal.columns);
        return { task: 'install', request, facts, prepared };
      });
    },
    removal: async (medium) => {
      await ask.input({ message: `Remove ${medium}, then press Enter:` }).catch(evenSo);
    },
    restart: () =>
      askToRestart(ask).catch((error: unknown) => {
        evenSo(error);
        return false;
      }),
  };
}

/** It is installed, whatever the answer. */
function evenSo(error: unknown): void {
  if (!(error instanceof WentBack || isCtrlC(error))) throw error;
}
