/** Kubernetes labels. Pure. */

const labelName = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const labelPrefix =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** Kubernetes, "Labels and Selectors", "Syntax and character set". */
export function isLabel(key: string, value: string): boolean {
  const [name = '', prefix, ...more] = key.split('/').reverse();
  return (
    more.length === 0 &&
    labelName.test(name) &&
    (prefix === undefined || labelPrefix.test(prefix)) &&
    (value === '' || labelName.test(value))
  );
}

export const labelFault = (key: string, value: string): string | undefined =>
  isLabel(key, value)
    ? undefined
    : 'expected a Kubernetes label: letters, digits, ".", "_" and "-", at most 63 of them on each side';
