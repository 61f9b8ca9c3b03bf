/**
 * Names as Kubernetes takes them: of objects, labels, their values (Kubernetes documentation, "Object Names and IDs",
 * "Labels and Selectors"). Each function says what is wrong, in words that follow the name, or undefined. Pure.
 */

const longestLabel = 63;
const longestName = 253;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelPart = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** The name of an object: a DNS subdomain. */
export function objectNameFault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > longestName) return `is ${name.length} letters long; at most ${longestName} are possible`;
  return subdomain.test(name)
    ? undefined
    : 'must be lower-case letters, digits, hyphens and dots, with a letter or digit at both ends';
}

/** The name of a namespace, a volume or a container: a DNS label. */
export function shortNameFault(name: string): string | undefined {
  if (name.length > longestLabel)
    return `is ${name.length} letters long; at most ${longestLabel} are possible`;
  return name.includes('.') ? 'must not have a dot' : objectNameFault(name);
}

/** The key of a label or of an annotation: `NAME` or `DOMAIN/NAME`. */
export function labelKeyFault(key: string): string | undefined {
  const [first = '', second, more] = key.split('/');
  const name = second ?? first;
  if (more !== undefined) return 'has more than one /';
  if (second !== undefined && objectNameFault(first) !== undefined) return 'must have a domain before the /';
  if (name.length > longestLabel)
    return `has a name of ${name.length} letters; at most ${longestLabel} are possible`;
  return labelPart.test(name) ? undefined : 'must be letters, digits, and -, _ or . between them';
}

/** The value of a label, which may be empty. */
export function labelValueFault(value: string): string | undefined {
  if (value.length > longestLabel)
    return `is ${value.length} letters long; a label has at most ${longestLabel}`;
  return value === '' || labelPart.test(value)
    ? undefined
    : 'must be letters, digits, and -, _ or . between them';
}
