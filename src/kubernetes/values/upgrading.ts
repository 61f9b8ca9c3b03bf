/**
 * The annotation of a node on which an upgrade has begun: the gate writes it before anything cordons the node, and the node
 * takes it away when it knows how the upgrade ended. Pure.
 */
import { z } from 'zod';

const schema = z.looseObject({
  /** `NAMESPACE/NAME`. */
  plan: z.string(),
  /** Of the system that is brought. */
  version: z.string(),
  /** When the gate was reached, and when the job that reached it has ended in any case: ISO 8601. */
  at: z.iso.datetime(),
  until: z.iso.datetime(),
  /** Whether the node took new pods before: one that a person has cordoned stays so. */
  schedulable: z.boolean(),
});
export type Upgrading = Readonly<z.infer<typeof schema>>;

/** Undefined for what is no such text: somebody else wrote it. */
export function parseUpgrading(text: string | undefined): Upgrading | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export const renderUpgrading = (upgrading: Upgrading): string => JSON.stringify(upgrading);

/** Whether a version that a node has is the one that was brought: a name that was taken has got a digest behind `+`. */
export const isVersion = (os: string | undefined, brought: string): boolean =>
  os === brought || os?.startsWith(`${brought}+`) === true;
