/**
 * What the bundle's working part exports: the command line, and for the making of its code cache (see
 * scripts/rehearse.ts) what must be called with a root and a host of its own.
 */
export { linuxHost } from '../host/linux/index.ts';
export { work } from './run-command.ts';

export const phases = () => import('../runtime/phases/phases.ts');
