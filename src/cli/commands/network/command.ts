/** `opsctl network`: how this machine reaches its network. */
import type { CommandDefinition } from '../../command.ts';

export const networkCommand: CommandDefinition = {
  name: 'network',
  summary: 'show how this machine reaches its network',
  description: 'Only reads.',
  subcommands: [
    {
      name: 'show',
      summary: 'print the interfaces that run, as a configuration file',
      description:
        'Prints bos.network for this machine, on any Linux: addresses, routes, VLANs, bonds, bridges and MTU as the ' +
        'kernel has them, name servers of /etc/resolv.conf. Cards are named by their MAC addresses. An address with a ' +
        'lifetime is one of DHCP or of a router, and is asked for again; all others are fixed. What cannot be taken ' +
        'over is a comment at the top.',
      options: [{ flags: '--as-config', help: 'as a configuration file; the only form there is' }],
      examples: [
        {
          line: 'opsctl network show --as-config > network.yaml',
          does: 'Write what runs now into a configuration file:',
        },
      ],
      prints: true,
      load: () => import('./action.ts').then((module) => module.showNetwork),
    },
  ],
};
