/** A cloud at its real address, in the network namespace of this process: `ANSWER`, which is `good`, `none` or `faulty`. */
import { digitaloceanNetwork } from '../../../fakes/cloud-networks.ts';
import { digitaloceanCloud, metadataServer } from '../../../fakes/metadata-servers.ts';

const answer = process.argv[2];
const network = answer === 'none' ? { interfaces: undefined } : digitaloceanNetwork;
const good = digitaloceanCloud({ hostname: 'droplet', keys: [], network });
const cloud = answer === 'faulty' ? () => ({ status: 500 }) : good;
const server = await metadataServer(cloud, 80, '169.254.169.254');
process.stdout.write('listening\n');
// Ends with who started it.
process.stdin.on('end', () => server.close()).resume();
