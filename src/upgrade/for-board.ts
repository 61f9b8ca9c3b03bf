/** Over a board's own system the kernel is the board's: an upgrade leaves it alone, and says so. Pure. */
import { boardKernel, type Component } from '../boot/deployment.ts';
import type { Node } from './node.ts';

export const boardKernelWarning =
  "Warning: the kernel is this board's own, and is not upgraded. Its own system brings newer ones: start it once with bos.init=old.";

export function forBoard(
  { current }: Pick<Node, 'current'>,
  asked: readonly Component[],
): { readonly components: readonly Component[]; readonly said?: string } {
  if (current.kernel !== boardKernel || !asked.includes('kernel')) return { components: asked };
  return {
    components: asked.filter((component) => component !== 'kernel'),
    said: boardKernelWarning,
  };
}
