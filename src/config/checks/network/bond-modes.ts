/** Modes of bonds by their numbers (Linux, Documentation/networking/bonding.rst). Pure. */

const modes = [
  ...(['balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad'] as const),
  ...(['balance-tlb', 'balance-alb'] as const),
];

/** A number as its name; what is neither stays. */
export const bondMode = (mode: string): string => modes[Number(mode)] ?? mode;
