/** `opsctl report` as the service runs it. */
import test from 'ava';
import { reportCommand } from '../../../../src/cli/commands/report/command.ts';
import { reportingNode, saidOf } from '../../../kubernetes/report/reporting-node.ts';
import { runProgram } from '../install/fake-world.ts';

test('it tells, and says nothing', async (t) => {
  const { server, host } = await reportingNode(t);
  const { exitCode, out, err } = await runProgram(['report'], { commands: [reportCommand], host });
  t.deepEqual([exitCode, out, err], [0, '', '']);
  t.like(saidOf(server), { 'bhojpur.net/version': '0.1.0' });
});

test('what the cluster forbids is said with the reason, and refused', async (t) => {
  const { server, host } = await reportingNode(t);
  server.behave({ refuse: { request: /PATCH/, status: 403, times: 9 } });
  const { exitCode, err } = await runProgram(['report'], { commands: [reportCommand], host });
  t.is(exitCode, 3);
  t.regex(err.replaceAll(/\s+/g, ' '), /Cannot patch nodes\/n1: the API server does not allow it/);
});

test('a system that is not Bhojpur OS is left alone', async (t) => {
  const { exitCode, err } = await runProgram(['report'], { commands: [reportCommand] });
  t.is(exitCode, 3);
  t.regex(err, /not Bhojpur OS/);
});
