/** The network of a site: interfaces, name servers and proxies. */
import { isAddress, isHost } from '../../../config/checks/addresses.ts';
import type { Path } from '../../../kubernetes/schema/check-schema.ts';
import type { Report, UserData, UserDataRule } from '../user-data-view.ts';

const network = ['stylus', 'site', 'network'] as const;
const ntp = ['stylus', 'site', 'ntpServers'] as const;

export const networkRules: UserDataRule = (data, report) => {
  for (const name of ['httpProxy', 'httpsProxy'] as const) checkProxy(data, [...network, name], report);
  checkServers(data, [...network, 'nameserver'], report);
  for (const name of data.names(...network, 'interfaces')) {
    const path = [...network, 'interfaces', name];
    if (data.at(...path)?.kind === 'map') checkInterface(data, path, report);
  }
  checkTimeServers(data, report);
};

function checkProxy(data: UserData, path: Path, report: Report): void {
  const value = data.text(...path);
  if (value !== undefined && value !== '' && !(/^https?:\/\//i.test(value) && URL.canParse(value)))
    report('error', path, 'expected a URL, such as http://proxy.example.com:3128');
}

function checkServers(data: UserData, path: Path, report: Report): void {
  const value = data.text(...path);
  if (value === undefined || value === '') return;
  if (!value.split(',').every((server) => isAddress(server.trim())))
    report('error', path, 'expected an IP address; a name server cannot be given by name');
}

function checkInterface(data: UserData, path: Path, report: Report): void {
  const type = data.text(...path, 'type');
  if (type !== undefined && type !== 'dhcp' && type !== 'static')
    report('error', [...path, 'type'], `expected dhcp or static, found "${type}"`);
  const address = data.text(...path, 'ipAddress');
  if (type === 'static')
    for (const name of ['ipAddress', 'gateway'])
      if (!data.has(...path, name))
        report(name === 'ipAddress' ? 'error' : 'warning', path, `is static and has no ${name}`);
  if (type !== 'static' && address !== undefined)
    report('warning', [...path, 'ipAddress'], 'has no effect without type: static');
  if (address !== undefined) checkAddress(data, path, address, report);
  const gateway = data.text(...path, 'gateway');
  if (gateway !== undefined && !isAddress(gateway))
    report('error', [...path, 'gateway'], 'expected an IP address');
  checkServers(data, [...path, 'nameserver'], report);
}

function checkAddress(data: UserData, path: Path, given: string, report: Report): void {
  const [address = '', bits] = given.split('/', 2);
  const longest = address.includes(':') ? 128 : 32;
  if (!isAddress(address) || (bits !== undefined && !(/^\d+$/.test(bits) && Number(bits) <= longest)))
    report('error', [...path, 'ipAddress'], 'expected an IP address, such as 10.0.10.25/24');
  else if (bits === undefined && !data.has(...path, 'mask'))
    report('warning', [...path, 'ipAddress'], 'has no mask; write it behind a slash, such as /24');
}

function checkTimeServers(data: UserData, report: Report): void {
  const value = data.at(...ntp);
  if (value === undefined || !data.has(...ntp)) return;
  const places: readonly Path[] = value.kind === 'list' ? data.items(...ntp) : [ntp];
  for (const place of places) {
    const text = data.text(...place);
    if (text === undefined || !text.split(',').every((server) => isHost(server.trim())))
      report('error', place, 'expected host names or IP addresses');
  }
}
