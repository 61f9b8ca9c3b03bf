/** User data for tests, and what is said of them. */
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { readCertificate } from '../../../src/palette/edge/read-certificate.ts';
import type { UserDataUse } from '../../../src/palette/edge/user-data-view.ts';
import { validateUserData } from '../../../src/palette/edge/validate-user-data.ts';

export const header = '#cloud-config\n';

/** Nothing is said of it but of its token, which is there for anybody to read. */
export const connected = `${header}stylus:
  site:
    paletteEndpoint: api.spectrocloud.com
    edgeHostToken: bG9uZy10b2tlbi1vZi1hLXRlbmFudA
    projectName: shops
    tags: {city: ghent, zip-code: 9000}
`;

/** Nothing is said of it. */
export const airgap = `${header}stylus:
  managementMode: local
  localUI: {port: 5443}
  enableMultiNode: true
stages:
  initramfs:
    - name: a login
      users:
        edge:
          passwd: $6$saltsalt$0KPdsD1cVb6tIhXIM0nlOg8nYYfqDkqzGVhQq2k6sWwyd0gYI0u1
          groups: [sudo]
`;

/** The lines as `opsctl edge validate` prints them. */
export const faultsOf = (text: string | Uint8Array, use: UserDataUse = {}): string[] =>
  validateUserData(Buffer.from(text), 'u', { readCertificate, ...use }).diagnostics.map(formatDiagnostic);

/** A certificate made for these tests (openssl req -x509 -newkey ed25519 -days 36500); its key is thrown away. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBPjCB8aADAgECAhQMxGFsHQGGIJs+EvJE10QRKdGHXDAFBgMrZXAwFDESMBAG
A1UEAwwJZWRnZS10ZXN0MCAXDTI2MTEyOTIxMzk1MFoYDzIxMjYxMTA1MjEzOTUw
WjAUMRIwEAYDVQQDDAllZGdlLXRlc3QwKjAFBgMrZXADIQAaIesIlkGHDjhwTmxZ
XNQnmVhmlx9NGjthiT/GtlUavaNTMFEwHQYDVR0OBBYEFKT9VX69yM6AEJTjTIh0
0dTnELGpMB8GA1UdIwQYMBaAFKT9VX69yM6AEJTjTIh00dTnELGpMA8GA1UdEwEB
/wQFMAMBAf8wBQYDK2VwA0EA1vZVPagRAc1YtP/Htv3Il1lIq1VJTG4CfKxKtH1j
cInm3uRMpHq4Sd1nd2I5wA1Womz+Hw8qce29DaF4PyztDg==
-----END CERTIFICATE-----
`;
