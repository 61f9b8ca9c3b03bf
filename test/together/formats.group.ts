/** One process: see groups.ts. */
import { together } from './together.ts';

await together('formats');
