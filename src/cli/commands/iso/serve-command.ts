/** `opsctl iso serve`. */
import type { CommandDefinition } from '../../command.ts';

export const serveCommand: CommandDefinition = {
  name: 'serve',
  summary: 'serve each machine an ISO of its own, without storing any',
  description:
    'Answers HTTP with /iso/NAME.iso for every machine: the bytes that "opsctl iso remaster" would write for it, put ' +
    'together while they are sent; of a disk image with /image/NAME.img, as "opsctl image edit" would change it; and for ' +
    'booting over the network with /pxe/NAME/boot.ipxe, as "opsctl pxe kit" would write it. Each machine is a small YAML ' +
    'file in a folder, or all are in one file; a change shows at the next request. ISOs to start from are files, or lie ' +
    'on another HTTP server that answers range requests. Machines of our ISOs report when they have booted. Nothing is ' +
    'written but the log, JSON lines on stdout, and the database. SIGTERM lets downloads end first.',
  args: [
    {
      name: '<base...>',
      help: 'ISOs and raw disk images to start from, files or URLs; the first of a kind is for machines that name none',
    },
  ],
  options: [
    { flags: '--machines <path>', help: 'a folder with a YAML file for each machine, or one file with all' },
    { flags: '--listen <host:port>', help: 'where to listen', default: '127.0.0.1:8080' },
    {
      flags: '--tls-cert <file>',
      help: 'answer HTTPS with this certificate (PEM, with those that lead to its root)',
    },
    { flags: '--tls-key <file>', help: 'the key of that certificate (PEM)' },
    { flags: '--tls-self-signed', help: 'answer HTTPS with a new certificate, whose fingerprint is shown' },
    {
      flags: '--report-to <url>',
      help: 'where machines report that they have booted: this server, as they reach it; by default the address that is listened on, if it is one',
    },
    {
      flags: '--database <place>',
      help: 'keep what machines report, and what was given out once, in this file (SQLite) or at postgres://HOST/DATABASE',
    },
    { flags: '--max-connections <number>', help: 'connections to answer at a time', default: 1000 },
    { flags: '--rate <size>', help: 'bytes a second of each download, such as 50M' },
    { flags: '--max-requests <number>', help: 'requests of one address in a minute' },
    {
      flags: '--stall-timeout <duration>',
      help: 'how long a client may take for 128 KiB',
      default: '60s',
    },
    {
      flags: '--stop-timeout <duration>',
      help: 'how long downloads may go on after SIGTERM',
      default: '30s',
    },
    { flags: '--cache <size>', help: 'memory for what was computed of machines', default: '32M' },
  ],
  examples: [
    {
      line: 'opsctl iso serve bos-amd64.iso --machines machines/',
      does: 'Serve an ISO to each machine that has a file in a folder, on this machine alone:',
    },
    {
      line: 'opsctl iso serve bos-amd64.iso --machines machines.yaml --listen 0.0.0.0:8080 --rate 50M',
      does: 'All machines from one file, to everybody who reaches this machine:',
    },
    {
      line: 'opsctl iso serve bos-amd64.iso --machines machines/ --listen 0.0.0.0:8443 --tls-self-signed',
      does: 'By HTTPS, with a certificate that is made for this run:',
    },
    {
      line: 'opsctl iso serve bos-amd64.iso --machines machines/ --listen 10.0.0.1:8443 --tls-self-signed --database fleet.sqlite',
      does: 'With machines that report when they have booted, kept in a file:',
    },
    {
      line: 'opsctl iso serve https://images.example.com/bos-amd64.iso --machines machines/',
      does: 'From an ISO that lies on another server:',
    },
  ],
  load: () => import('./serve-action.ts').then((module) => module.isoServe),
};
