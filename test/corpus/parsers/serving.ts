/** What `opsctl iso serve` is given: files of machines, and the heads of requests. */

import { askedRanges, isKnown, isWanted, rangeCounts } from '../../../src/serve/http/ranges.ts';
import { routeOf, shownTarget } from '../../../src/serve/http/route.ts';
import { fileStore } from '../../../src/serve/machines/file-store.ts';
import { folderStore } from '../../../src/serve/machines/folder-store.ts';
import { machineRequest } from '../../../src/serve/machines/request.ts';
import type { Machine, UsableMachine } from '../../../src/serve/machines/store.ts';
import { fakeHost } from '../../fakes/host.ts';
import { bytes, each, latin1, type Parser } from './parser.ts';

const machine = `config:
  hostname: node1
  # a comment
  bos: {labels: {a: b}}
append_kargs: [console=ttyS1, 'name="two words"']
replace_kargs: [console=tty0=console=ttyS0]
install: {device: /dev/vda, power_off: true}
files: [{path: /a, content: text}, {path: b, source: c.txt}]
remove: [/old]
volid: NEW
mac: [52:54:00:12:34:56]
token: abcdefghijklmnop
`;
const indented = machine.replaceAll(/^/gm, '    ');

async function used(files: Parameters<typeof machineRequest>[0], found: Machine | undefined): Promise<void> {
  if (found?.spec !== undefined) await machineRequest(files, found as UsableMachine);
}

export const servingParsers = {
  'machines to serve': {
    seeds: () =>
      bytes(
        machine,
        `machines:\n  node1:\n${indented}  node2: {}\n`,
        'config: {hostname: a}\n',
        'config: a.yaml\n',
      ),
    parse: async (input) => {
      const { files } = fakeHost({ files: { '/m/a.yaml': input, '/m/c.txt': 'text' } });
      const all = fileStore(files, '/m/a.yaml');
      await each(
        async () => used(files, await folderStore(files, '/m').get('a')),
        () => all.faults(),
        async () => {
          for (const found of await all.all()) await each(() => used(files, found));
        },
      );
    },
  },
  'requests for ISOs': {
    seeds: () =>
      bytes(
        '/t/abcdefghijklmnop/iso/a%20b.iso?x#y',
        'bytes=0-9, 20-29,-5',
        '"tag", W/"tag"',
        'http://host/pxe/mac/52:54:00:12:34:56/boot.ipxe',
      ),
    parse: (input) => {
      const header = latin1(input);
      const asked = askedRanges(header, 1000);
      for (const { offset, length } of asked.kind === 'ranges' ? asked.ranges : [])
        if (!(offset >= 0 && length > 0 && offset + length <= 1000))
          throw new Error('a range behind the end');
      return [
        routeOf(header),
        shownTarget(header),
        isKnown(header, '"tag"'),
        isWanted(header, '"tag"'),
        rangeCounts(header, '"tag"'),
      ];
    },
  },
} satisfies Record<string, Parser>;
