/** Registries that images come from: one in `registryCredentials`, or several with rules that map names to them. */
import type { Path } from '../../../kubernetes/schema/check-schema.ts';
import type { Report, UserData, UserDataRule } from '../user-data-view.ts';
import { certificateFault } from './certificates.ts';
import { isPlaceholder } from './placeholders.ts';

const single = ['stylus', 'registryCredentials'] as const;
const several = ['stylus', 'externalRegistries'] as const;

export const registryRules: UserDataRule = (data, report) => {
  if (data.has(...single) && data.has(...several))
    report(
      'warning',
      single,
      'is for a single registry, and externalRegistries is there, too; list that registry there',
    );
  if (data.at(...single)?.kind === 'map') checkRegistry(data, single, report);
  const registries = data.items(...several, 'registries');
  for (const item of registries) if (data.at(...item)?.kind === 'map') checkRegistry(data, item, report);
  const domains = registries.flatMap((item) => data.text(...item, 'domain') ?? []);
  for (const name of data.names(...several, 'registryMappingRules'))
    checkMapping(data, [...several, 'registryMappingRules', name], domains, report);
};

function checkRegistry(data: UserData, path: Path, report: Report): void {
  const domain = data.text(...path, 'domain');
  if (!data.has(...path, 'domain')) report('error', path, 'has no domain; it says which registry it is');
  else if (domain !== undefined) checkDomain(domain, [...path, 'domain'], report);
  const password = data.text(...path, 'password');
  if (data.has(...path, 'username') !== data.has(...path, 'password'))
    report(
      'warning',
      path,
      `has ${password === undefined ? 'a username' : 'a password'} alone; a login takes both`,
    );
  if (data.flag(...path, 'encodedPassword') === true && password !== undefined && !isBase64(password))
    report('error', [...path, 'password'], 'is not base64, which encodedPassword: true says that it is');
  for (const item of data.items(...path, 'certificates')) {
    const fault = certificateFault(data.text(...item), 'PEM', data.use);
    if (fault !== undefined) report(fault.severity, item, fault.message);
  }
}

function checkDomain(domain: string, path: Path, report: Report): void {
  if (/^[a-z]+:\/\//i.test(domain))
    report('error', path, `is a URL; names of images begin without ${domain.replace(/\/\/.*/s, '//')}`);
  else if (!/^[A-Za-z0-9[][^\s]*$/.test(domain) && !isPlaceholder(domain))
    report('error', path, 'expected a host name, with a port and a path if need be');
}

function checkMapping(data: UserData, path: Path, domains: readonly string[], report: Report): void {
  const to = data.text(...path);
  if (to === undefined) return;
  for (const [what, word] of [
    ['from', String(path.at(-1))],
    ['to', to],
  ] as const)
    if (/^[a-z]+:\/\//i.test(word))
      report('error', path, `maps ${what} a URL; names of images have no scheme`);
  // In airgap mode images come with the content, and no registry is listed.
  const known = domains.some(
    (domain) => to === domain || to.startsWith(`${domain}/`) || domain.startsWith(`${to}/`),
  );
  if (domains.length > 0 && !known && !/^[a-z]+:\/\//i.test(to))
    report('warning', path, 'maps to a registry that externalRegistries.registries does not list');
}

const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
