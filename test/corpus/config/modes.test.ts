/** Permissions: octal as people write it, and decimal as YAML of other programs has it. */
import { run } from './says.ts';

const met = 'permissions without quotes in public files';
const file = (permissions: string) => `write_files: [{path: /a, permissions: ${permissions}}]`;
const refused = (written: string, octal: string) => ({
  met,
  text: file(written),
  says: [
    new RegExp(
      `permissions: ${written.replaceAll('"', '')} in decimal is ${octal} in octal, .* write "${octal}"$`,
    ),
  ],
  gives: { write_files: [] },
});
const taken = (written: string) => ({
  met,
  text: file(written),
  says: [],
  gives: { write_files: [{ path: '/a', permissions: written.replaceAll(/["']/g, '') }] },
});

run([
  refused('384', '0600'),
  refused('420', '0644'),
  refused('493', '0755'),
  refused('448', '0700'),
  refused('"416"', '0640'),
  ...['0644', '644', '600', '"0755"', '755', '400', '0o600', '"0420"', '000', "''", '1777', '2755'].map(
    taken,
  ),
  { met, text: file('999'), says: [/expected permission bits in octal/], gives: { write_files: [] } },
  { met, text: file('rw-r--r--'), says: [/expected permission bits in octal/], gives: { write_files: [] } },
]);
