/** Boot counting in the menu of a disk: what starts in every state of a trial, and what is saved before it starts. */
import test, { type ExecutionContext } from 'ava';
import { renderDiskMenu } from '../../../src/boot/menus/menu.ts';
import { newTrial, tryArgument } from '../../../src/boot/trial.ts';
import { type GrubMachine, GrubRun } from './grub-run.ts';

const text = renderDiskMenu({ arguments: ['quiet'] });
const onEsp = '(hd0,gpt2)/EFI/debian/grubenv';
const kernel = (version: string) => `/bos/system/kernel/${version}/vmlinuz`;

interface State {
  readonly tries?: string;
  /** Versions whose kernel is there; new and old when left out. */
  readonly kernels?: readonly string[];
  readonly damaged?: string;
  readonly writable?: boolean;
  readonly previous?: boolean;
  /** Other variables that lead here. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Where the block is. */
  readonly place?: string;
}

function machine({ tries, kernels = ['new', 'old'], previous = true, ...state }: State): GrubMachine {
  const own = new Map([
    ['bos_mark', 'valid'],
    ...(tries === undefined ? [] : [['bos_tries', tries] as const]),
  ]);
  return {
    files: new Set(kernels.map(kernel)),
    blocks: new Map([[state.place ?? onEsp, own]]),
    writable: state.writable ?? true,
    damaged: new Set(state.damaged === undefined ? [] : [kernel(state.damaged)]),
    variables: new Map(
      Object.entries({
        ...{ root: 'hd0,gpt3', prefix: '(hd0,gpt2)/EFI/debian', grub_platform: 'efi', bos_state_uuid: 'U' },
        ...{ bos_kernel: 'new', bos_os: '2', bos_dcp: '' },
        ...(previous ? { bos_previous_kernel: 'old', bos_previous_os: '1', bos_previous_dcp: 'd' } : {}),
        ...state.variables,
      }),
    ),
  };
}

const saved = ({ blocks }: GrubMachine) => [...blocks.values()][0]?.get('bos_tries');

/** What started: the entry, the version of its kernel, and the arguments of a counted boot. */
function started(run: GrubRun, choice?: string) {
  const found = choice === undefined ? run.start() : run.choose(choice);
  if (found === undefined) return 'nothing';
  const [path = '', ...words] = found.arguments;
  const counted = words.filter((word) => word.startsWith(tryArgument) || /(panic|_thresh)=/.test(word));
  const mode = words.find((word) => word.startsWith('bos.mode='))?.slice(9);
  const version = path.split('/')[4];
  if (!words.includes(`bos.kernel=${version}`) || words.at(-1) !== 'quiet')
    return `wrong: ${words.join(' ')}`;
  return [found.entry, mode, version, ...counted].join(' ');
}
const current = 'current disk new';
const previous = 'previous disk old';
const counted = (what: 'c' | 'p') => ` ${tryArgument}=${what} panic=10 softlockup_panic=1 watchdog_thresh=60`;

const rows: readonly (readonly [name: string, State, starts: string, left: string | undefined])[] = [
  ['nothing on trial', {}, current, undefined],
  ['an empty text', { tries: '' }, current, ''],
  ['a text that nobody wrote', { tries: 'pccr' }, current, 'pccr'],
  ['a text without its end', { tries: 'ccc' }, current, 'ccc'],
  ['a word', { tries: 'cool' }, current, 'cool'],
  ['no previous deployment, nothing on trial', { previous: false }, current, undefined],
  ['the first try', { tries: 'cccpppr' }, current + counted('c'), 'ccpppr'],
  ['the last try', { tries: 'cpppr' }, current + counted('c'), 'pppr'],
  ['one of nine', { tries: newTrial(9) }, current + counted('c'), newTrial(9).slice(1)],
  ['back', { tries: 'pppr' }, previous + counted('p'), 'ppr'],
  ['back, the last try', { tries: 'pr' }, previous + counted('p'), 'r'],
  ['neither', { tries: 'r' }, 'rescue rescue old', 'r'],
  ['a try, the kernel is gone', { tries: 'ccppr', kernels: ['old'] }, previous + counted('p'), 'cppr'],
  ['a try, the kernel is damaged', { tries: 'ccppr', damaged: 'new' }, previous + counted('p'), 'cppr'],
  ['a try, nothing to go back to', { tries: 'ccr', previous: false }, current + counted('c'), 'cr'],
  ['back, the kernel is gone', { tries: 'ppr', kernels: ['new'] }, 'rescue rescue new', 'ppr'],
  ['back, the kernel is damaged', { tries: 'ppr', damaged: 'old' }, 'nothing', 'pr'],
  ['neither, the kernel is gone', { tries: 'r', kernels: ['new'] }, 'rescue rescue new', 'r'],
  ['cannot be saved', { tries: 'ccppr', writable: false }, previous, 'ccppr'],
  ['cannot be saved, back', { tries: 'ppr', writable: false }, previous, 'ppr'],
  ['cannot be saved, no previous', { tries: 'ccr', previous: false, writable: false }, current, 'ccr'],
  ['nothing on trial, the kernel is gone', { kernels: ['old'] }, previous, undefined],
  ['nothing on trial, the kernel is damaged', { damaged: 'new' }, previous, undefined],
];
for (const [name, state, starts, left] of rows)
  test(`${name}: ${starts}`, (t) => {
    const before = machine(state);
    t.is(started(new GrubRun(before, text)), starts);
    t.is(saved(before), left);
  });

test('a trial in which nothing works ends in the rescue shell, and stays there', (t) => {
  const one = machine({ tries: newTrial(3) });
  const boots = Array.from({ length: 9 }, () => {
    // The next boot begins with what the disk says.
    const fresh = { ...one, variables: new Map(machine({}).variables) };
    return started(new GrubRun(fresh, text))[0];
  });
  t.is(boots.join(''), 'cccppprrr');
  t.is(saved(one), 'r');
});

test('who looks at the menu or starts something else uses up no try', (t) => {
  for (const [tries, choice, starts] of [
    ['ccppr', 'previous', previous],
    ['ccppr', 'rescue', 'rescue rescue old'],
    ['ppr', 'current', current],
    ['ppr', 'rescue', 'rescue rescue old'],
    ['r', 'current', current],
    ['r', 'previous', previous],
  ] as const) {
    const one = machine({ tries });
    const run = new GrubRun(one, text);
    t.is(saved(one), tries, 'the menu alone');
    t.is(started(run, choice), starts);
    t.is(saved(one), tries);
    t.false(run.said.join().includes('try'));
  }
});

test('who insists starts what cannot be counted', (t) => {
  const run = new GrubRun(machine({ tries: 'ccppr', writable: false }), text);
  t.is(started(run, 'current'), 'nothing');
  t.is(started(run, 'current'), current);
});

const says = (t: ExecutionContext, state: State, expected: RegExp) => {
  const run = new GrubRun(machine(state), text);
  run.start();
  t.regex(run.said.filter((line) => !line.includes('...')).join('\n'), expected);
};
test('the screen says what happens', (t) => {
  says(t, { tries: 'cccppr' }, /^Bhojpur OS: 2 is on trial; tries left after this one: 2$/);
  says(t, { tries: 'ppr' }, /^Bhojpur OS: 2 did not prove itself: back to 1$/);
  says(t, { tries: 'r' }, /^Bhojpur OS: neither 2 nor 1 proved itself: a rescue shell starts$/);
  says(
    t,
    { tries: 'ccppr', damaged: 'new' },
    /tries left after this one: 1\nBhojpur OS: 2 did not prove itself: back to 1$/,
  );
  says(
    t,
    { tries: 'ccppr', writable: false },
    /the tries of 2 cannot be counted: GRUB cannot write to .*\/grubenv\n/,
  );
  says(t, {}, /^$/);
});

const onState = '/bos/system/grub/grubenv';
for (const [name, state] of Object.entries<State>({
  'beside the stub': {},
  'on the state, said by the menu before': {
    place: onState,
    variables: { bos_environment: `(hd0,gpt3)${onState}` },
  },
  'on the state, beside its stub': { place: onState, variables: { prefix: '(hd0,gpt3)/bos/system/grub' } },
  'on the state, with the GRUB of a system that was taken over': {
    place: onState,
    variables: { prefix: '(hd0,gpt3)/boot/grub' },
  },
  'on the ESP, started by a medium': { variables: { prefix: '(cd0)/boot/grub', bos_environment: onEsp } },
}))
  test(`the environment block ${name}`, (t) => {
    const one = machine({ ...state, tries: 'ccppr' });
    t.is(started(new GrubRun(one, text)), current + counted('c'));
    t.is(saved(one), 'cppr');
  });

test('of a GRUB that has its own environment block, nothing is taken', (t) => {
  const one = machine({ place: onState, tries: 'ccppr', variables: { prefix: '(hd0,gpt3)/boot/grub' } });
  one.blocks.set('/boot/grub/grubenv', new Map([['bos_tries', 'r']]));
  t.is(started(new GrubRun(one, text)), current + counted('c'));
  t.is(one.blocks.get('/boot/grub/grubenv')?.get('bos_tries'), 'r');
});

test('the letter is on the disk before anything is loaded', (t) => {
  for (const id of ['current', 'previous']) {
    const entry = text.slice(text.indexOf(`--id ${id} {`)).split('\n  }\n')[0] ?? '';
    const [saved, loaded] = [entry.indexOf('save_env '), entry.indexOf('linux "')];
    t.true(saved > 0 && saved < loaded, id);
  }
});
