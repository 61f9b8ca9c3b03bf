/** What metadata services of clouds answer: the same to every question, and each source's own. */
import { aws } from '../../../src/runtime/data-sources/services/aws.ts';
import { azure } from '../../../src/runtime/data-sources/services/azure.ts';
import { digitalocean } from '../../../src/runtime/data-sources/services/digitalocean.ts';
import { gcp } from '../../../src/runtime/data-sources/services/gcp.ts';
import { hetzner } from '../../../src/runtime/data-sources/services/hetzner.ts';
import { BadAnswer, MetadataService } from '../../../src/runtime/data-sources/services/metadata-service.ts';
import { oracle } from '../../../src/runtime/data-sources/services/oracle.ts';
import { packet } from '../../../src/runtime/data-sources/services/packet.ts';
import { scaleway } from '../../../src/runtime/data-sources/services/scaleway.ts';
import { vultr } from '../../../src/runtime/data-sources/services/vultr.ts';
import type { DataSource } from '../../../src/runtime/data-sources/source.ts';
import { openstack } from '../../../src/runtime/data-sources/volumes/openstack.ts';
import * as networks from '../../fakes/cloud-networks.ts';
import { fakeHost } from '../../fakes/host.ts';
import { publicKey } from '../../system/support/full-config.ts';
import { bytes, type Parser } from './parser.ts';

const sources: readonly DataSource[] = [
  ...[aws, azure, digitalocean, gcp, hetzner, openstack, oracle, packet, scaleway, vultr],
];

async function asked(source: DataSource, input: Uint8Array): Promise<void> {
  const body = Buffer.from(input);
  const host = fakeHost({
    http: async (_url, { method }) => ({
      ...{ status: 200, headers: { 'metadata-flavor': 'Google' } },
      body: method === 'PUT' ? Buffer.from('token') : body,
    }),
    tools: { lsblk: () => '{"blockdevices": []}' },
  });
  try {
    await source({
      ...{ host, root: '/', isHere: true, warn: () => {} },
      service: (base, options) => new MetadataService(host, base, options),
    });
  } catch (error) {
    if (!(error instanceof BadAnswer)) throw error;
  }
}

const meta = {
  ...{ hostname: 'a', name: 'a', ssh_keys: [publicKey], tags: ['AUTHORIZED_KEY=a_b'] },
  ...{
    publicKeys: [{ keyData: publicKey }],
    ssh_public_keys: [{ key: publicKey }],
    public_keys: { a: publicKey },
  },
  metadata: { user_data: 'I2Nsb3VkLWNvbmZpZwo=', ssh_authorized_keys: publicKey },
};

export const cloudParsers = {
  'answers of a metadata service': {
    seeds: () =>
      bytes(
        ...[networks.digitaloceanNetwork, networks.vultrNetwork, networks.packetNetwork].map((network) =>
          JSON.stringify({ ...meta, ...network, network }),
        ),
        JSON.stringify({ ...meta, ...networks.scalewayNetwork }),
        networks.hetznerNetwork,
        `a:${publicKey} google-ssh {"userName":"a","expireOn":"2026-01-31T10:20:30+0000"}\n0=a\n`,
      ),
    parse: async (input) => {
      for (const source of sources) await asked(source, input);
    },
  },
} satisfies Record<string, Parser>;
