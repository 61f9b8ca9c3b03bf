/** The Node.js that runs opsctl in the OS: the pinned one without its symbols. */
import type { Host } from '../../host/ports.ts';
import type { Stage } from '../stage.ts';

/** Makes `node`. `digest` is the SHA-256 of the file `node`. */
export function nodeStage(host: Host, node: string, digest: string): Stage<never> {
  return {
    name: 'node',
    title: 'Strip Node.js',
    inputs: digest,
    tools: ['strip'],
    needs: {},
    make: async ({ folder }) => {
      await host.processes.run('strip', ['-o', `${folder}/node`, node]);
    },
  };
}
