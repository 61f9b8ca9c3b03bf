/** The Node.js that runs opsctl in the OS: the pinned one without its symbols. */
import { type ArchitectureName, architectures } from '../../architectures.ts';
import type { Host } from '../../host/ports.ts';
import type { Stage } from '../stage.ts';
import { stripProgram } from '../tools.ts';

/** Makes `node`. `digest` is the SHA-256 of the file `node`, which is of `arch`. */
export function nodeStage(host: Host, arch: ArchitectureName, node: string, digest: string): Stage<never> {
  const strip = stripProgram(architectures[arch]);
  return {
    name: 'node',
    title: 'Strip Node.js',
    inputs: digest,
    tools: [strip],
    needs: {},
    make: async ({ folder }) => {
      await host.processes.run(strip, ['-o', `${folder}/node`, node]);
    },
  };
}
