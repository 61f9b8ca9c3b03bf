/** Paths of temporary folders are of any length: what a command printed, whose lines end where they are too long. */
export async function unwrapped<T extends { readonly out: string; readonly err: string }>(
  running: Promise<T>,
): Promise<T> {
  const result = await running;
  const joined = (text: string) => text.replaceAll(/(?<=\S)\n(?=[^\s{}[\]])/g, ' ');
  return { ...result, out: joined(result.out), err: joined(result.err) };
}
