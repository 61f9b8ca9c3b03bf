/** An inventory with one of everything. */
import type { Inventory } from '../../../src/build/inventory/inventory.ts';

const debian = { arch: 'amd64', sha256: 'a'.repeat(64) } as const;

export const sampleInventory: Inventory = {
  v: 1,
  os: '0.1.0',
  arch: 'amd64',
  date: 1_795_745_432,
  packages: [
    {
      ...debian,
      name: 'bash',
      version: '5.2.15-2+b13',
      source: 'bash',
      sourceVersion: '5.2.15-2',
      part: 'os',
      licence: 'GPL-3.0-or-later',
    },
    {
      ...debian,
      name: 'libstdc++6',
      version: '12.2.0-14',
      source: 'gcc-12',
      sourceVersion: '12.2.0-14',
      part: 'os',
      licence: null,
    },
    {
      ...debian,
      name: 'linux-image-6.1.0-40-amd64',
      version: '6.1.153-1',
      source: 'linux-signed-amd64',
      sourceVersion: '6.1.153+1',
      part: 'kernel',
      licence: 'GPL-2.0-only',
    },
    {
      ...debian,
      name: 'shim-signed',
      version: '1.44~1+deb12u1+15.8-1~deb12u1',
      source: 'shim-signed',
      sourceVersion: '1.44~1+deb12u1',
      part: 'boot',
      licence: 'a licence of their own',
    },
  ],
  opsctl: {
    version: '0.1.0',
    node: '24.21.0',
    npm: [
      { name: 'got', version: '16.1.0', licence: 'MIT' },
      { name: '@inquirer/core', version: '12.0.6', licence: 'MIT' },
    ],
  },
  firmware: { sha256: 'f'.repeat(64) },
};
