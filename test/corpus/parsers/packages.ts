/** What Debian's archive and programs say while an image is built, and what is known of the image afterwards. */

import { parseStanzas, sourceOf } from '../../../src/build/inventory/debian-version.ts';
import { parseInventory } from '../../../src/build/inventory/inventory.ts';
import { parseArgFile } from '../../../src/build/oci/arg-file.ts';
import { parseOsRelease } from '../../../src/build/own/inspect.ts';
import { parseSimulation, releaseDate } from '../../../src/build/packages/apt.ts';
import { parseLock } from '../../../src/build/packages/lock.ts';
import { parseOrigins } from '../../../src/build/packages/packages.ts';
import { parseModuleList, parseModulesDep } from '../../../src/build/stages/initrd.ts';
import { parseSize } from '../../../src/formats/size.ts';
import { parseSchedule } from '../../../src/formats/time/cron.ts';
import { parseDuration } from '../../../src/formats/time/duration.ts';
import { secondsOfSpan } from '../../../src/formats/time/time-span.ts';
import { parseTimestamp } from '../../../src/formats/time/timestamp.ts';
import { parseWindow } from '../../../src/formats/time/window.ts';
import { parseImageName } from '../../../src/kubernetes/values/image.ts';
import { parseSelector } from '../../../src/kubernetes/values/selector.ts';
import { parseUpgrading } from '../../../src/kubernetes/values/upgrading.ts';
import { parsePublicKey } from '../../../src/media/signature.ts';
import { readCertificate } from '../../../src/palette/edge/read-certificate.ts';
import { bytes, each, type Parser, text } from './parser.ts';

const simulated = `Inst libc6:amd64 (2.36-9+deb12u10 Debian:12.15/oldstable, Debian-Security:12/oldstable [amd64])
Inst adduser [3.1] (3.134 Debian:12.15/oldstable [all])
Date: Sat, 09 Aug 2025 10:20:30 UTC
`;
const stanzas = `Package: a
Source: b (1.0-1)
Version: 1.0-1+b1
Description: text
 more
  of it

Package: c
Status: install ok installed
`;
const lock = {
  ...{ v: 1, arch: 'amd64', date: '2026-01-01' },
  packages: [{ name: 'a', version: '1', file: 'a.deb', sha256: 'a'.repeat(64) }],
};

export const packageParsers = {
  "words of Debian's programs": {
    seeds: () =>
      bytes(
        simulated,
        stanzas,
        'NAME="Debian \\"x\\""\nID=debian\n',
        'kernel/a.ko.xz: kernel/b.ko\n# c\nd\n',
      ),
    parse: (input) => {
      const given = text(input);
      for (const fields of parseStanzas(given)) sourceOf(fields);
      return [
        ...[parseSimulation(given), parseOrigins(given), releaseDate(given), parseOsRelease(given)],
        ...[parseModuleList(given), parseModulesDep(given)],
      ];
    },
  },
  'lists of packages': {
    seeds: () => bytes(JSON.stringify(lock), 'IMAGE_REGISTRY=a.example/b\nCUSTOM_TAG="x"\nARCH=amd64\n'),
    parse: (input) =>
      each(
        () => parseLock(text(input), 'it'),
        () => parseInventory(text(input), 'it'),
        () => parseArgFile(text(input), 'it', 'amd64'),
      ),
  },
  'times, sizes and selectors': {
    seeds: () =>
      bytes(
        ...[
          '*/5 3 * * mon-fri',
          '@every 1h30m',
          '2h5m',
          '1.5GiB',
          'sat 22:00 4h',
          '2026-01-31T10:20:30Z',
          '3min 5s',
        ],
        ...['a=b,c!=d,e in (f,g),!h', 'registry.example.com:5000/a/b:1.2@sha256:ab', '{"os":"1","at":"x"}'],
      ),
    parse: (input) => {
      const given = text(input);
      return [
        ...[parseSchedule, parseDuration, secondsOfSpan, parseTimestamp, parseWindow, parseSize],
        ...[parseImageName, parseSelector, parseUpgrading],
      ].map((read) => read(given));
    },
  },
  'keys and certificates': {
    seeds: () =>
      bytes(
        '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
        `RWQf6LRCGA9i5${'A'.repeat(43)}`,
      ),
    parse: (input) => [readCertificate(Buffer.from(input)), parsePublicKey(text(input))],
  },
} satisfies Record<string, Parser>;
