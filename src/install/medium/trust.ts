/**
 * Whether anything vouches for what is installed. Over http, ftp and tftp whoever is on the way can answer in the
 * place of the server; a key, or a digest that a person gave, finds that out. A `.sha256` beside the ISO comes by the
 * same way and finds only what was damaged. A file of this machine is its owner's affair. Pure.
 */
import type { Diagnostic } from '../../config/diagnostics.ts';
import { refused } from '../../errors.ts';
import { shownUrl } from '../../media/shown-url.ts';
import type { InstallRequest } from '../request.ts';

type MediumRequest = Pick<InstallRequest, 'isoUrl' | 'isoSha256' | 'publicKey'>;
type ConsentRequest = MediumRequest & Pick<InstallRequest, 'insecure' | 'dryRun'>;

/** The scheme of a URL whose answers nobody vouches for: `http`; undefined for every other place. */
export const plainScheme = (place: string): string | undefined =>
  /^(?:oci-archive:)?(http|ftp|tftp):\/\//i.exec(place)?.[1]?.toLowerCase();

/** The scheme by which a medium comes that nothing verifies; undefined when something does. */
export const unverifiedScheme = ({ isoUrl = '', isoSha256, publicKey }: MediumRequest): string | undefined =>
  isoSha256 === undefined && publicKey === undefined ? plainScheme(isoUrl) : undefined;

/** What a person reads before the yes to such a medium; undefined when there is nothing to say. */
export const mediumDoubt = (request: MediumRequest): string | undefined => {
  const why = doubtOf(request);
  return why && `${shownUrl(request.isoUrl ?? '')} ${why}`;
};

function doubtOf(request: MediumRequest): string | undefined {
  const scheme = unverifiedScheme(request);
  if (scheme === undefined) return undefined;
  return (
    `comes over ${scheme}, and neither a public key nor a SHA-256 verifies it: ` +
    'anyone on the way can put another system in its place'
  );
}

/** What the plan and a dry run warn of: a medium that nothing verifies, a configuration that others can read. */
export function transportWarnings(
  request: ConsentRequest & Pick<InstallRequest, 'configUrl'>,
): readonly Diagnostic[] {
  const { isoUrl = '', configUrl = '', dryRun, insecure } = request;
  const about = (url: string, message: string): Diagnostic[] => [
    { severity: 'warning', place: { file: shownUrl(url) }, message },
  ];
  const doubt = doubtOf(request);
  const needed = dryRun && !insecure ? '; to install it all the same, --insecure is needed' : '';
  return [
    ...(doubt === undefined ? [] : about(isoUrl, `${doubt}${needed}`)),
    ...(plainScheme(configUrl) === undefined
      ? []
      : about(
          configUrl,
          'comes over http: anyone on the way can read the configuration with its secrets, and change it',
        )),
  ];
}

/** What is verified, and where a person says by what, or that nothing has to. */
export interface ConsentAdvice {
  readonly what: string;
  readonly give: string;
  readonly consent: string;
}

const adviceToInstall: ConsentAdvice = {
  what: 'the ISO to install from',
  give: '--public-key or --sha256 (bos.install.public_key, bos.install.iso_sha256)',
  consent: ' (bos.install.insecure)',
};

/**
 * Throws `medium-unverified` (refused) for such a medium without consent. A dry run needs none as long as it only reads
 * the medium; `runs`: programs of the medium are run.
 */
export function requireConsentToMedium(
  request: ConsentRequest,
  {
    runs = false,
    advice = adviceToInstall,
  }: { readonly runs?: boolean; readonly advice?: ConsentAdvice } = {},
): void {
  if (request.insecure || (request.dryRun && !runs)) return;
  const doubt = mediumDoubt(request);
  if (doubt === undefined) return;
  throw refused('medium-unverified', `Nothing verifies ${advice.what}`, {
    details: [
      doubt,
      ...(runs && request.dryRun ? ['even a dry run would run programs out of it, as root'] : []),
    ],
    hint: `Give ${advice.give}, use an https URL, or accept it with --insecure${advice.consent}.`,
  });
}
