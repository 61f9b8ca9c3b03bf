/** A blank too many or too few: told where it is, in the words of who wrote it. */
import { run } from './says.ts';

const met = 'questions of people whose file "does not work"';

run([
  {
    met,
    text: 'hostname: a\n run_cmd: [ls]\n',
    says: [/^2:2: is indented by a blank; expected 0, like the keys above it$/],
  },
  {
    met,
    text: 'bos:\n  token: x\n   server_url: https://a:6443\n',
    says: [/^3:4: is indented by 3 blanks; expected 2, like the keys above it$/],
  },
  {
    met,
    text: 'bos:\n  token: x\n server_url: https://a:6443\n',
    says: [/^3:2: is indented by a blank; expected 0 or 2, like the keys above it$/],
  },
  {
    met,
    text: '# nodes\n\nbos:\n  modules:\n  - kvm\n\n  # cluster\n   token: x\nhostname: a\n',
    says: [/^8:4: is indented by 3 blanks; expected 2, /],
  },
  {
    met,
    text: 'write_files:\n- path: /a\n content: b\n',
    says: [/^3:2: is indented by a blank; expected 0 or 2, /],
  },
  {
    met,
    text: 'write_files:\n- path: /a\n  content: |\n    b\n      c: d\n    e\n   owner: root\n',
    says: [/^7:4: is indented by 3 blanks; expected 2, /],
  },
  {
    met,
    text: ' hostname: a\nbos:\n  token: x\n',
    says: [/^1:2: is indented by a blank; expected 0, like the keys below it$/],
  },
  {
    met: 'a list that is not lined up',
    text: 'run_cmd:\n- "ls"\n  - df\n',
    says: [/^3:3: is indented by 2 blanks; expected 0, like the hyphens above it$/],
  },
  {
    met: 'a list that is not lined up: to YAML one text',
    text: 'run_cmd:\n- ls\n  - df\n',
    says: [
      /^3:3: is indented more than the element above it, so it is part of its text; line the hyphens up$/,
    ],
  },
  {
    met: 'a script in a block',
    text: 'run_cmd:\n- |\n    echo a\n  echo b\n',
    says: [/^4:3: is indented less than the text above it; line it up$/],
  },
  {
    met: 'tabs',
    text: 'bos:\n\ttoken: x\n',
    says: [/^2:1: Tabs are not allowed as indentation; write blanks$/],
  },
]);

run([
  {
    met: 'a text in several lines',
    text: 'run_cmd:\n- echo a\n  b - c\n- |\n  - x\n\n   y: z\n- "a\n  - b"\nhostname:\n  a\n',
    says: [],
    gives: { run_cmd: ['echo a b - c', '- x\n\n y: z\n', 'a - b'], hostname: 'a' },
  },
]);
