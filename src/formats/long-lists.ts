/** Lists that are as long as an input makes them. Pure. */

/** `list.push(...items)` for any number of items: spread, each takes room on the stack, which has it for some 100,000. */
export function pushAll<T>(list: T[], items: Iterable<T>): void {
  for (const item of items) list.push(item);
}
