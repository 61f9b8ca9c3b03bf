/** The table on the terminal and the page of the documentation. */
import test from 'ava';
import { markdown, markers, replaceBetweenMarkers, tableText, updated, verdict } from '../../bench/report.ts';

const rows = [
  { figure: 'size', asked: 'at most 220 MB', measured: '157 MB', met: true },
  { figure: 'boot | BIOS', asked: '1.80 ×', measured: '2.10 ×', met: false },
  { figure: 'make', asked: 'under 5 s', measured: 'nothing was built' },
] as const;

const figure = { name: 'size', title: 'Size', method: ['One paragraph.', 'Another.'] };

test('verdicts', (t) => {
  t.deepEqual(rows.map(verdict), ['reached', 'missed', 'not measured']);
});

test('a table for the terminal', (t) => {
  t.is(
    tableText(rows),
    [
      'figure       asked           measured           verdict',
      '-----------  --------------  -----------------  ------------',
      'size         at most 220 MB  157 MB             reached',
      'boot | BIOS  1.80 ×          2.10 ×             missed',
      'make         under 5 s       nothing was built  not measured',
      '',
    ].join('\n'),
  );
});

test('a page: date, table, and for each figure method and raw numbers', (t) => {
  const page = markdown([{ figure, rows, raw: ['157 bytes', 'load 1'] }], {
    date: '2026-11-21',
    machine: ['2 processors', 'TCG'],
  });
  t.is(
    page,
    [
      'Measured on 2026-11-21. 2 processors; TCG.',
      '',
      '| figure | asked | measured | verdict |',
      '| --- | --- | --- | --- |',
      '| size | at most 220 MB | 157 MB | reached |',
      '| boot \\| BIOS | 1.80 × | 2.10 × | missed |',
      '| make | under 5 s | nothing was built | not measured |',
      '',
      '## Size',
      '',
      'One paragraph.',
      '',
      'Another.',
      '',
      '```text',
      '157 bytes',
      'load 1',
      '```',
      '',
    ].join('\n'),
  );
});

test('only what is between the markers is replaced, and writing twice changes nothing', (t) => {
  const page = `# Figures\n\n${markers.begin}\nold\n${markers.end}\n\nAfter.\n`;
  const once = replaceBetweenMarkers(page, 'new\n');
  t.is(once, `# Figures\n\n${markers.begin}\nnew\n${markers.end}\n\nAfter.\n`);
  t.is(replaceBetweenMarkers(once, 'new\n'), once);
});

const unmarked = test.macro({
  exec(t, page: string) {
    t.throws(() => replaceBetweenMarkers(page, 'new'), { message: /the page has no/ });
  },
  title: (what) => `a page ${what} is an error`,
});
test('without markers', unmarked, '# Figures\n');
test('without the last marker', unmarked, `${markers.begin}\n`);
test('with the markers in the wrong order', unmarked, `${markers.end}\n${markers.begin}\n`);

test('figures that were measured again stand in the places of the old ones, new ones at the end', (t) => {
  const day = { date: '2026-11-21', machine: ['2 processors'] };
  const speed = { name: 'speed', title: 'Speed', method: ['Once.'] };
  const result = (of: typeof figure, name: string, measured: string) => ({
    figure: of,
    rows: [{ figure: name, asked: 'few', measured, met: true }],
    raw: [measured],
  });
  const [size, slow] = [result(figure, 'size', '1 MB'), result(speed, 'seconds', '9 s')];
  const old = markdown([size, slow], day);
  t.is(
    updated(old, markdown([result(figure, 'size', '2 MB')], day)),
    markdown([result(figure, 'size', '2 MB'), slow], day),
  );
  const more = result({ ...speed, title: 'More' }, 'more', '3');
  t.is(updated(old, markdown([more], day)), markdown([size, slow, more], day));
  const later = updated(old, markdown([more], { ...day, date: '2026-11-22' }));
  t.regex(later, /^Measured on 2026-11-21 to 2026-11-22\. 2 processors\.$/m);
  t.is(updated(later, markdown([more], { ...day, date: '2026-11-22' })), later);
  t.throws(() => updated(old, markdown([more], { ...day, machine: ['8 processors'] })), {
    message: /measure all/,
  });
});
