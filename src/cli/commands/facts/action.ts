/** `opsctl facts`: the facts that plans are made from, as JSON. */
import { probeMachine } from '../../../disk/probe/probe.ts';
import { recordFacts } from '../../../install/recorded/facts.ts';
import type { CommandAction } from '../../command.ts';
import { sudoLine } from '../../terminal/sudo.ts';

export const printFacts: CommandAction = async ({ host, terminal }, _args, options) => {
  const loops = options.loops === true;
  const facts = await recordFacts(host, await probeMachine(host, { loops }));
  terminal.out(`${JSON.stringify(facts, null, 2)}\n`);
  if (host.system.uid !== 0) {
    const argv = ['facts', ...(loops ? ['--loops'] : [])];
    terminal.err(`Some facts are missing: only root can read disks. Run it with sudo: ${sudoLine(argv)}\n`);
  }
  return 0;
};
