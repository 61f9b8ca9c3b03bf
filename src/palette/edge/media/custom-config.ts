/** The custom configuration of an installer, which has the key that signs content. */
import { createPublicKey } from 'node:crypto';
import { formatDiagnostic } from '../../../config/diagnostics.ts';
import { decodeUtf8, placeIn } from '../../../config/yaml/source-text.ts';
import { type OpsError, usage } from '../../../errors.ts';
import { schemaFaults } from '../../../kubernetes/schema/check-schema.ts';
import { offsetAt } from '../../../kubernetes/schema/located.ts';
import { LocatedView } from '../../../kubernetes/schema/located-view.ts';
import { object, text } from '../../../kubernetes/schema/schema.ts';
import { readYaml } from '../../yaml/read-yaml.ts';

/** `.edge-custom-config.yaml.template` of spectrocloud/CanvOS. */
const schema = object(
  {
    content: object(
      {
        signing: object(
          { publicKey: object({ base64EncodedValue: text, description: text }, ['base64EncodedValue']) },
          ['publicKey'],
        ),
      },
      ['signing'],
    ),
  },
  ['content'],
);
const key = ['content', 'signing', 'publicKey', 'base64EncodedValue'] as const;

/** Throws `custom-config-invalid` (usage) with what is wrong. */
export function requireCustomConfig(bytes: Uint8Array, file: string): void {
  const source = decodeUtf8(bytes);
  if (source === undefined) throw invalid(file, [`${file}: expected UTF-8 text`]);
  const { root, faults } = readYaml(source);
  const told = faults.map(({ offset, message }) => ({ offset, message }));
  if (root !== undefined) {
    for (const { path, offset, message } of schemaFaults(root, schema, 'the custom configuration'))
      told.push({ offset: offset ?? offsetAt(root, path), message: `${path.join('.')}: ${message}` });
    const value = new LocatedView(root).text(...key);
    if (value !== undefined && !isPublicKey(value))
      told.push({
        offset: offsetAt(root, key),
        message: `${key.join('.')}: is not a public key in PEM, in base64`,
      });
  }
  if (told.length === 0) return;
  throw invalid(
    file,
    told.map(({ offset, message }) =>
      formatDiagnostic({ severity: 'error', place: placeIn(source, offset, file), message }),
    ),
  );
}

const invalid = (file: string, details: readonly string[]): OpsError =>
  usage('custom-config-invalid', `${file} is not a custom configuration of an installer`, {
    details,
    hint: 'It has content.signing.publicKey.base64EncodedValue: the output of `base64 -w 0 public.pem`.',
  });

function isPublicKey(value: string): boolean {
  const pem = Buffer.from(value, 'base64').toString('latin1');
  if (!pem.includes('-----BEGIN PUBLIC KEY-----') && !pem.includes('-----BEGIN RSA PUBLIC KEY-----'))
    return false;
  try {
    createPublicKey(pem);
    return true;
  } catch {
    return false;
  }
}
