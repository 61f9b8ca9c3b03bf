/** `CARD ADDRESS...`: prints who has each of them, in the network namespace of this process. */
import { linuxHost } from '../../src/host/linux/index.ts';
import { whoHas } from '../../src/operation/address-in-use.ts';

const [card = '', ...addresses] = process.argv.slice(2);
for (const address of addresses)
  process.stdout.write(`${address} ${JSON.stringify(await whoHas(linuxHost(), card, address))}\n`);
