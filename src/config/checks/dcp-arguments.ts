/** The arguments of DCP: which role they mean. Pure; what was found is not said, as an argument can hold a secret. */

export type DcpRole = 'server' | 'agent';

const isRole = (argument: string | undefined): argument is DcpRole =>
  argument === 'server' || argument === 'agent';

/** Bytes: what Linux takes as one argument (MAX_ARG_STRLEN); all of them together are kept to that. */
export const argumentsLimit = 128 * 1024;

/** What the arguments take, each with the byte that ends it. */
export const sizeOfArguments = (args: readonly string[]): number =>
  args.reduce((sum, argument) => sum + Buffer.byteLength(argument) + 1, 0);

/** What is wrong with the whole vector. */
export function dcpArgumentsFault(args: readonly string[]): string | undefined {
  const [first] = args;
  const size = sizeOfArguments(args);
  if (size > argumentsLimit)
    return `take ${size} bytes; expected at most ${argumentsLimit}; write them into a file that DCP reads (--config)`;
  if (first === undefined || isRole(first) || first.startsWith('-')) return undefined;
  return isRole(first.trim().split(/\s/)[0])
    ? 'expected each argument as an element of its own'
    : 'expected server, agent or an option such as --disable=traefik as the first argument';
}

/** The role; arguments that begin with an option are those of a server, or of an agent when there is a server to join. */
export function dcpRole(args: readonly string[] | undefined, serverUrl: string | undefined): DcpRole {
  const [first] = args ?? [];
  if (isRole(first)) return first;
  return serverUrl === undefined ? 'server' : 'agent';
}

/** The arguments with their role in front. */
export const withRole = (args: readonly string[], role: DcpRole): readonly string[] =>
  isRole(args[0]) ? args : [role, ...args];
