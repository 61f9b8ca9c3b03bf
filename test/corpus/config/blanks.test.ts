/** Blanks that look right and are none, and those that are missing. */
import { run } from './says.ts';

const web = 'copied from a web page or a word processor';
const typing = 'a typing error';
const nbsp = '\u00a0';
const held = (place: string) =>
  new RegExp(
    `^${place}: holds a no-break space \\(U\\+00A0\\), which YAML takes for a letter; write ordinary blanks$`,
  );

run([
  { met: web, text: `bos:\n  modules: [kvm]\n${nbsp}${nbsp}password: x\n`, says: [held('3:1')] },
  { met: web, text: `bos:\n ${nbsp}password: x\n`, says: [held('2:2')] },
  { met: web, text: `bos:\n  token: y\n ${nbsp}password: x\n`, says: [held('3:2')] },
  { met: web, text: `bos:\n  password:${nbsp}x\n`, says: [held('2:12')] },
  { met: web, text: `bos: {password${nbsp}: x}\n`, says: [held('1:15')] },
  { met: web, text: `run_cmd:\n-${nbsp}ls\n`, says: [held('2:2')] },
  { met: web, text: `${nbsp}hostname: a\nbos:\n  token: x\n`, says: [held('1:1')] },
  { met: web, text: 'bos:\n\u3000password: x\n', says: [/^2:1: holds an ideographic space \(U\+3000\)/] },
  { met: web, text: 'bos:\n\u2003\u2003password: x\n', says: [/^2:1: holds a special space \(U\+2003\)/] },
  {
    met: web,
    text: 'hostname: a\n\ufeffbos: {token: x}\n',
    says: [/^2:1: holds a byte order mark \(U\+FEFF\)/],
  },
  {
    met: 'such a blank in a text or a comment',
    text: `run_cmd:\n- echo a${nbsp}b\n- "${nbsp}c"\n- |\n  ${nbsp}d:${nbsp}e\n#${nbsp}f\n`,
    says: [],
    gives: { run_cmd: [`echo a${nbsp}b`, `${nbsp}c`, `${nbsp}d:${nbsp}e\n`] },
  },
]);

run([
  {
    met: typing,
    text: 'hostname:x\n',
    says: [/^1:1: expected a map of keys, found text; write a blank behind the colon$/],
  },
  {
    met: typing,
    text: 'hostname:x\nrun_cmd: [ls]\n',
    says: [/^1:1: is text to YAML; write a blank behind the colon$/],
  },
  {
    met: typing,
    text: 'hostname: a\nbos:\n  token:x\n  modules: [kvm]\n',
    says: [/^3:3: is text to YAML; write a blank behind the colon$/],
  },
  {
    met: typing,
    text: 'hostname: a\nbos:\n  token:hunter2\n',
    says: [/^3:3: bos: expected a map of keys, found a string; write a blank behind the colon$/],
    gives: { hostname: 'a' },
  },
  {
    met: typing,
    text: 'hostname: a\nrun_cmd:\n-ls\n',
    says: [/^3:1: is text to YAML; write a blank behind the hyphen$/],
  },
  {
    met: typing,
    text: 'run_cmd:\n  -ls\n  -df\n',
    says: [/^2:3: run_cmd: expected a list, found a string; write a blank behind the hyphen$/],
  },
  {
    met: typing,
    text: 'write_files:\n- path:/a\n  content: b\n',
    says: [/^2:3: is text to YAML; write a blank behind the colon$/],
  },
  {
    met: typing,
    text: 'bos:\n  labels:\n    a:b\n',
    says: [/^3:5: bos\.labels: expected a map of strings, found a string; write a blank behind the colon$/],
  },
  {
    met: 'a colon that is missing',
    text: 'hostname: a\nbos\n  token: x\n',
    says: [/^2:1: expected a key and a colon, such as "hostname: myhost"$/],
  },
  {
    met: 'a colon that is missing',
    text: 'hostname a\nbos: {}\n',
    says: [/^1:1: expected a key and a colon, such as "hostname: myhost"$/],
  },
  {
    met: 'a file of a shell',
    text: 'hostname=a\n',
    says: [/^1:1: expected a map of keys, found text; write a colon and a blank in place of =$/],
  },
  {
    met: typing,
    text: '- hostname: a\n',
    says: [/^1:1: expected a map of keys, found a list; write them without hyphens$/],
  },
]);
