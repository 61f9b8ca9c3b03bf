/**
 * One kernel command line, two readers: the initrd, before anything else runs, and opsctl. Each case says what both
 * make of it. Quoting is that of the kernel (next_arg in Linux, lib/cmdline.c).
 */

/** What both read; the keys of which nothing is said are left out. */
export interface BootArguments {
  readonly mode?: string;
  readonly fallback?: string;
  readonly state?: string;
  /** Seconds. */
  readonly wait?: number;
  readonly md?: string;
  readonly lv?: string;
  readonly os?: string;
  readonly dcp?: string;
  readonly tty?: string;
  readonly try?: string;
  /** Seconds. */
  readonly tryLimit?: number;
  /** Left out and false are one to the initrd. */
  readonly silent?: true;
  readonly always?: true;
}

export interface CommandLineCase {
  readonly title: string;
  readonly line: string;
  /** The arguments before `--`, unquoted. Left out where the line has neither quotes nor escapes. */
  readonly words?: readonly string[];
  readonly read: BootArguments;
  /** Keys of which opsctl says that the value is wrong: it does not count, and what was said before stays. */
  readonly faulty?: readonly string[];
}

const url = 'bos.install.config_url=http://x/';
const silent = 'bos.install.silent';

const repeated: readonly CommandLineCase[] = [
  { title: 'nothing', line: '', words: [], read: {} },
  { title: 'white space alone', line: ' \t ', words: [], read: {} },
  { title: 'a bare yes', line: silent, read: { silent: true } },
  { title: 'a yes', line: `${silent}=true`, read: { silent: true } },
  { title: 'a no', line: `${silent}=false`, read: {} },
  { title: 'a yes, then a no: the last one wins', line: `${silent} ${silent}=false`, read: {} },
  { title: 'a no, then a yes', line: `${silent}=false ${silent}`, read: { silent: true } },
  { title: 'always, taken back', line: `bos.install.always=true bos.install.always=false`, read: {} },
  {
    title: 'repeated strings',
    line: 'bos.mode=install bos.os=1 bos.os=2',
    read: { mode: 'install', os: '2' },
  },
  { title: 'emptied', line: 'bos.state=a bos.state=', read: { state: '' } },
  { title: 'only names that are ours', line: 'bos.modes=live xbos.mode=live bos.mode.x=1', read: {} },
  { title: 'another case', line: 'BOS.MODE=live bos.install.Silent', read: {} },
  { title: 'tabs between', line: `quiet\tbos.mode=live\t\t${silent}`, read: { mode: 'live', silent: true } },
  { title: 'a form feed and a line end between', line: 'quiet\fbos.mode=live\r', read: { mode: 'live' } },
  { title: 'an = in the value', line: 'bos.os=a=b', read: { os: 'a=b' } },
  { title: 'an = in the first place is of the name', line: '=bos.mode=live', read: {} },
  {
    title: 'all that both read',
    line: 'bos.fallback_mode=live bos.state_wait=5 bos.md=a,b bos.lv=c bos.dcp=d bos.install.tty=/dev/ttyS0,9600',
    read: { fallback: 'live', wait: 5, md: 'a,b', lv: 'c', dcp: 'd', tty: '/dev/ttyS0,9600' },
  },
];

const wrong: readonly CommandLineCase[] = [
  ...['1', 'yes', 'on', 'TRUE', 'True', '0', 'no', 'off', 'FALSE', ''].flatMap((word) => [
    { title: `"${word}" is neither yes nor no`, line: `${silent}=${word}`, read: {}, faulty: [silent] },
    {
      title: `"${word}" after a yes`,
      line: `${silent} ${silent}=${word}`,
      read: { silent: true as const },
      faulty: [silent],
    },
  ]),
  { title: 'a mode without a value', line: 'bos.mode', read: {}, faulty: ['bos.mode'] },
  {
    title: 'an empty mode after another',
    line: 'bos.mode=live bos.mode=',
    read: { mode: 'live' },
    faulty: ['bos.mode'],
  },
  {
    title: 'an empty fallback after another',
    line: 'bos.fallback_mode=live bos.fallback_mode=""',
    words: ['bos.fallback_mode=live', 'bos.fallback_mode='],
    read: { fallback: 'live' },
    faulty: ['bos.fallback_mode'],
  },
  ...['', 'soon', '1m', '-1', '123456'].map((word) => ({
    title: `"${word}" is not a number of seconds`,
    line: `bos.state_wait=7 bos.state_wait=${word}`,
    read: { wait: 7 },
    faulty: ['bos.state_wait'],
  })),
  {
    title: 'a counted start',
    line: 'bos.upgrade.try=c bos.upgrade.limit=90',
    read: { try: 'c', tryLimit: 90 },
  },
  { title: 'a counted start of the version before', line: 'bos.upgrade.try=p', read: { try: 'p' } },
  { title: 'a takeover that is tried', line: 'bos.upgrade.try=t', read: { try: 't' } },
  ...['', 'r', 'cc', '1'].map((word) => ({
    title: `"${word}" is not a start that is counted`,
    line: `bos.upgrade.try=${word}`,
    read: {},
    faulty: ['bos.upgrade.try'],
  })),
  {
    title: 'a limit that is none',
    line: 'bos.upgrade.limit=20 bos.upgrade.limit=ever',
    read: { tryLimit: 20 },
    faulty: ['bos.upgrade.limit'],
  },
  { title: 'zeros before a number', line: 'bos.state_wait=0090', read: { wait: 90 } },
  { title: 'no seconds', line: 'bos.state_wait=00', read: { wait: 0 } },
];

const quoted: readonly CommandLineCase[] = [
  {
    title: 'quotes around a value',
    line: `${silent}="true"`,
    words: [`${silent}=true`],
    read: { silent: true },
  },
  {
    title: 'quotes around an argument',
    line: `"${silent}=true"`,
    words: [`${silent}=true`],
    read: { silent: true },
  },
  { title: 'quotes around a bare name', line: `"${silent}"`, words: [silent], read: { silent: true } },
  {
    title: 'words inside of the value of another',
    line: `bos.install.config_url="http://x/ bos.mode=install ${silent}" quiet`,
    words: [`${url} bos.mode=install ${silent}`, 'quiet'],
    read: {},
  },
  {
    title: 'words inside of another argument',
    line: `"x y bos.mode=install" bos.mode=live`,
    words: ['x y bos.mode=install', 'bos.mode=live'],
    read: { mode: 'live' },
  },
  {
    title: 'a quote in the middle of another value hides white space too',
    line: `x=a" bos.mode=install "b bos.mode=live`,
    words: ['x=a" bos.mode=install "b', 'bos.mode=live'],
    read: { mode: 'live' },
  },
  { title: 'tabs inside of quotes', line: 'bos.os="a\tb"', words: ['bos.os=a\tb'], read: { os: 'a\tb' } },
  { title: 'an empty value in quotes', line: 'bos.os=""', words: ['bos.os='], read: { os: '' } },
  { title: 'empty quotes', line: '"" bos.os=1', words: ['', 'bos.os=1'], read: { os: '1' } },
  {
    title: 'quotes around the name alone stay in it',
    line: '"bos.mode"=live',
    words: ['bos.mode"=live'],
    read: {},
  },
  {
    title: 'quotes around name and =',
    line: '"bos.mode="live',
    words: ['bos.mode=live'],
    read: { mode: 'live' },
  },
  { title: 'quotes in a name stay in it', line: 'bos."mode"=live', words: ['bos."mode"=live'], read: {} },
  {
    title: 'quotes inside of a value stay in it',
    line: 'bos.os=1"2"3',
    words: ['bos.os=1"2"3'],
    read: { os: '1"2"3' },
  },
  {
    title: 'a value that only begins in quotes keeps the second one',
    line: 'bos.os="1"2',
    words: ['bos.os=1"2'],
    read: { os: '1"2' },
  },
  {
    title: 'a value that only ends in quotes keeps them',
    line: 'bos.os=1"2"',
    words: ['bos.os=1"2"'],
    read: { os: '1"2"' },
  },
  {
    title: 'both kinds of quotes: of two at the end one is taken away',
    line: '"bos.os="1""',
    words: ['bos.os=1"'],
    read: { os: '1"' },
  },
  {
    title: 'a quote that is never closed takes all the rest, and does not count',
    line: `bos.os=0 bos.os="1 bos.mode=live ${silent}`,
    words: ['bos.os=0'],
    read: { os: '0' },
    faulty: ['bos.os'],
  },
  {
    title: 'a quote that is opened at the end of a value',
    line: `${silent}=true" bos.mode=live`,
    words: [],
    read: {},
    faulty: [silent],
  },
  {
    title: 'a quote around an argument that is never closed',
    line: `${silent} "bos.os=1 bos.mode=live`,
    words: [silent],
    read: { silent: true },
    faulty: ['bos.os'],
  },
  {
    title: 'a quote in what is not ours that is never closed takes what is ours',
    line: `quiet x="y bos.os=1 ${silent}`,
    words: ['quiet'],
    read: {},
    faulty: ['x'],
  },
  {
    title: "a quote at the end of the line with GRUB's backslash is a letter",
    line: String.raw`bos.os=a\"b`,
    words: [String.raw`bos.os=a\"b`],
    read: { os: 'a"b' },
  },
  {
    title: "a quote with GRUB's backslash that takes what follows",
    line: String.raw`bos.os=a\"b bos.mode=live`,
    words: [],
    read: {},
    faulty: ['bos.os'],
  },
  { title: 'a lone quote as a value', line: 'bos.os="', words: [], read: {}, faulty: ['bos.os'] },
  { title: 'a lone quote', line: 'bos.os=1 "', words: ['bos.os=1'], read: { os: '1' } },
  {
    title: 'apostrophes are letters, which no value of ours begins with',
    line: "bos.os=0 bos.os='1 2' x='3",
    words: ['bos.os=0', "bos.os='1", "2'", "x='3"],
    read: { os: '0' },
    faulty: ['bos.os'],
  },
  {
    title: 'an apostrophe around a word alone',
    line: `${silent}='true' bos.install.tty='ttyS0' bos.state_wait='5'`,
    read: {},
    faulty: [silent, 'bos.install.tty', 'bos.state_wait'],
  },
  {
    title: 'an apostrophe inside of a value',
    line: String.raw`bos.os=1'2 bos.dcp=\x271`,
    read: { os: "1'2", dcp: "'1" },
  },
  {
    title: 'what a shell would evaluate',
    line: 'bos.os=$(reboot)`reboot`${x};*',
    read: { os: '$(reboot)`reboot`${x};*' },
  },
  { title: 'letters beyond ASCII', line: 'bos.os=voilà', read: { os: 'voilà' } },
];

const escaped: readonly CommandLineCase[] = [
  {
    title: 'an escaped byte',
    line: String.raw`bos.os=1\x2e2`,
    words: [String.raw`bos.os=1\x2e2`],
    read: { os: '1.2' },
  },
  { title: 'as GRUB 2.06 doubles it', line: String.raw`bos.os=1\\x2E2`, read: { os: '1.2' } },
  { title: 'escaped letters beyond ASCII', line: String.raw`bos.os=\xc3\xa9\xC3\xa0`, read: { os: 'éà' } },
  { title: 'an escaped quote', line: String.raw`bos.os=a\x22b\x20c`, read: { os: 'a"b c' } },
  {
    title: "GRUB's backslash before a backslash",
    line: String.raw`bos.os=a\\b\'c\d`,
    read: { os: String.raw`a\b'c\d` },
  },
  {
    title: "GRUB's backslash before a quote: the kernel sees the quote",
    line: String.raw`bos.os=a\"b c\"d`,
    words: [String.raw`bos.os=a\"b c\"d`],
    read: { os: 'a"b c"d' },
  },
  {
    title: 'escapes that are none',
    line: String.raw`bos.os=\x2g\xz\ `,
    read: { os: '\\x2g\\xz\\' },
  },
  { title: 'an escaped yes', line: String.raw`${silent}=tru\x65`, read: { silent: true } },
  { title: 'a name has no escapes', line: String.raw`bos.mod\x65=live`, read: {} },
];

const forInit: readonly CommandLineCase[] = [
  {
    title: 'what follows -- is for init',
    line: `bos.mode=live -- bos.mode=install ${silent}`,
    words: ['bos.mode=live'],
    read: { mode: 'live' },
  },
  { title: '-- in quotes', line: `"--" bos.mode=install`, words: [], read: {} },
  {
    title: '-- with a value',
    line: '--= bos.mode=live',
    words: ['--=', 'bos.mode=live'],
    read: { mode: 'live' },
  },
  {
    title: 'three dashes',
    line: '--- bos.mode=live',
    words: ['---', 'bos.mode=live'],
    read: { mode: 'live' },
  },
  {
    title: '-- inside of a value',
    line: 'x="a -- b" bos.mode=live',
    words: ['x=a -- b', 'bos.mode=live'],
    read: { mode: 'live' },
  },
];

export const commandLineCases: readonly CommandLineCase[] = [
  ...repeated,
  ...wrong,
  ...quoted,
  ...escaped,
  ...forInit,
];
