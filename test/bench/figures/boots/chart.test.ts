/** The pictures of a boot, from what the initrd and systemd say of it. */
import test from 'ava';
import { initrdSpans, unitSpans } from '../../../../bench/figures/boots/chart.ts';
import { bootChart } from '../../../../bench/figures/boots/chart-svg.ts';

test('the initrd, from line to line, the last one to systemd', (t) => {
  const log =
    '[1.50] bos: starting\r\n[2.25] bos: drivers loaded\r\nsomething else\r\n[4.00] bos: configuration applied\r\n';
  t.deepEqual(initrdSpans(log, 4.5), [
    { kind: 'initrd', name: 'initrd: drivers loaded', from: 1.5, to: 2.25 },
    { kind: 'initrd', name: 'initrd: configuration applied', from: 2.25, to: 4 },
    { kind: 'initrd', name: 'initrd: over to systemd', from: 4, to: 4.5 },
  ]);
  t.deepEqual(initrdSpans('', 4), []);
});

test('units that came up, the first to begin first; others took no time', (t) => {
  const unit = (name: string, from: number, to: number) =>
    `Id=${name}\r\nActiveEnterTimestampMonotonic=${to}\r\nInactiveExitTimestampMonotonic=${from}\r\n`;
  const shown = [
    unit('late.service', 3e6, 4e6),
    unit('never.service', 0, 0),
    unit('fails.service', 2e6, 0),
    unit('early.service', 1e6, 2.5e6),
  ].join('\r\n');
  t.deepEqual(unitSpans(shown), [
    { kind: 'unit', name: 'early.service', from: 1, to: 2.5 },
    { kind: 'unit', name: 'late.service', from: 3, to: 4 },
  ]);
});

test('a bar for each on one axis, names beside them, and nothing beyond the edges', (t) => {
  const svg = bootChart(
    'A & B',
    [
      { kind: 'loader', name: 'a <b>', from: 0, to: 1 },
      { kind: 'unit', name: 'the last one', from: 9, to: 12 },
    ],
    10,
  );
  t.regex(svg, /<title>A &#38; B<\/title>/);
  t.regex(svg, />a &#60;b&#62; \(1\.0 s\)<\/text>/);
  const bars = [...svg.matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)"/g)].map(
    ([, x, width]) => [Number(x), Number(width)] as const,
  );
  t.is(bars.length, 2);
  for (const [x, width] of bars) t.true(x >= 12 && x + width <= 888.1, `${x} ${width}`);
  // A second is a twelfth of the width.
  t.is(bars[0]?.[1], 73);
  t.regex(svg, /text-anchor="end" y="\d+">the last one/, 'to the right there is no room');
});
