/** What of an upgrade there is on a board. */
import test from 'ava';
import { forBoard } from '../../src/upgrade/for-board.ts';

const board = { current: { kernel: 'board', os: '1', dcp: null } };

test('on a board the kernel is left alone, and that is said', (t) => {
  const { components, said } = forBoard(board, ['kernel', 'os', 'dcp']);
  t.deepEqual(components, ['os', 'dcp']);
  t.regex(said ?? '', /^Warning: the kernel is this board's own, and is not upgraded/);
  t.deepEqual(forBoard(board, ['kernel']).components, []);
});

test('nothing is said of what does not concern the kernel, nor elsewhere', (t) => {
  t.deepEqual(forBoard(board, ['os']), { components: ['os'] });
  const own = { current: { kernel: '6.1.0-1-amd64', os: '1', dcp: null } };
  t.deepEqual(forBoard(own, ['kernel']), { components: ['kernel'] });
});
