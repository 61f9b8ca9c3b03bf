/**
 * What our own part of the bundle exports: the command line, and for the making of its code cache (see
 * scripts/bundle/rehearse.ts) what must be called with a root and a host of its own.
 */
import './older-node.ts';

export { linuxHost } from '../host/linux/index.ts';
export { runCommand } from './run-command.ts';

export const loadPhases = () => import('../runtime/phases/phases.ts');
