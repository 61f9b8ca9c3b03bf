/** `opsctl report` starts the patch that the cluster asks for, what ends one that was killed, and nothing else. */
import test from 'ava';
import { reportCommand } from '../../../../src/cli/commands/report/command.ts';
import { cordonRecordPath } from '../../../../src/kubernetes/node/cordon-record.ts';
import { watchConfig } from '../../../../src/kubernetes/report/watch-files.ts';
import { patchRecordPath } from '../../../../src/patch/record.ts';
import { reportingNode } from '../../../kubernetes/report/reporting-node.ts';
import { runProgram } from '../install/fake-world.ts';

const starts = 'systemctl start --no-block bos-patch@request.service';

test('an annotation that is due starts the unit, one that is not or was done does not', async (t) => {
  const { server, host, fake } = await reportingNode(t);
  let said = '';
  const patchAsked = async (value: string | undefined) => {
    server.change('nodes', 'n1', ({ metadata }) => {
      metadata.annotations = {
        ...metadata.annotations,
        ...(value === undefined ? {} : { 'bhojpur.net/patch': value }),
      };
      if (value === undefined) delete metadata.annotations['bhojpur.net/patch'];
    });
    const before = fake.ran.length;
    const { exitCode, err } = await runProgram(['report'], { commands: [reportCommand], host });
    t.is(exitCode, 0, err);
    said = err.replaceAll(/\s+/g, ' ');
    return fake.ran.slice(before).includes(starts);
  };
  t.false(await patchAsked(undefined));
  t.true(await fake.files.exists(watchConfig), 'and from then on the next one is seen at once');
  t.true(await patchAsked('now'));
  // A time that has come, and one that has not: the node's clock says 2026-11-29T07:30.
  t.true(await patchAsked('2026-11-29T07:00:00Z'));
  t.false(await patchAsked('2026-11-29T08:00:00Z'));
  t.false(await patchAsked('soon'));
  t.regex(said, /bhojpur\.net\/patch asks for nothing that is understood: expected now, .* found "soon"/);

  await fake.files.makeDir('/var/lib/bhojpur/os');
  await fake.files.write(patchRecordPath, JSON.stringify({ v: 1, annotation: 'now' }));
  t.false(await patchAsked('now'), 'it was done');
  t.true(await patchAsked(undefined), 'it may be asked for again');
});

test('what a patch that was killed has cordoned is uncordoned', async (t) => {
  const { host, fake } = await reportingNode(t);
  const runs = async () => (await runProgram(['report'], { commands: [reportCommand], host })).exitCode;
  const uncordons = 'systemctl start --no-block bos-patch-uncordon.service';
  t.is(await runs(), 0);
  t.false(fake.ran.includes(uncordons));
  await fake.files.makeDir('/var/lib/bhojpur/os');
  await fake.files.write(cordonRecordPath, '{"v":1,"node":"n1","at":"2026-11-29T07:00:00Z"}');
  t.is(await runs(), 0);
  t.true(fake.ran.includes(uncordons));
});
