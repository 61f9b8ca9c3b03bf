/** `opsctl facts`: the facts that plans are made from, as JSON. */
import { probeMachine } from '../../disk/probe.ts';
import type { CommandAction } from '../command.ts';

export const printFacts: CommandAction = async ({ host, terminal }, _args, options) => {
  const facts = await probeMachine(host, { loops: options.loops === true });
  terminal.out(`${JSON.stringify(facts, null, 2)}\n`);
  return 0;
};
