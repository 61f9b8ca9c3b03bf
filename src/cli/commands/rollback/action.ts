/** What `opsctl rollback` does. */
import type { RollbackRequest } from '../../../upgrade/rollback.ts';
import { rollback } from '../../../upgrade/run.ts';
import type { CommandAction } from '../../command.ts';
import { requireRoot, rootOf } from '../upgrade/action.ts';
import { runOnNode } from '../upgrade/on-node.ts';

export const rollbackNode: CommandAction = async (context, [version], options) => {
  const request: RollbackRequest = {
    root: rootOf(options.destination),
    dryRun: options.dryRun === true,
    ...(version === undefined ? {} : { version: String(version) }),
    ...(options.lockFile === undefined ? {} : { lockFile: String(options.lockFile) }),
  };
  requireRoot(context.host);
  return runOnNode(context, options, request, (events) => rollback(context.host, request, events));
};
