/** On which consoles a machine of a cloud shows itself, for each architecture. */
import { type ArchitectureName, architectures } from '../../architectures.ts';
import { type CloudName, clouds } from './clouds.ts';

/**
 * Beside the serial line of a PC, which providers have on other machines too, that of the architecture: the kernel uses
 * what is there. In the kernel's words, in the order of its command line.
 */
export const consolesOf = (cloud: CloudName, arch: ArchitectureName): readonly string[] =>
  clouds[cloud].consoles.flatMap((name) =>
    name === 'tty0' ? [name] : [...new Set([name, `${architectures[arch].serial}n8`])],
  );
