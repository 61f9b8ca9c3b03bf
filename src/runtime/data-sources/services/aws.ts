/**
 * Amazon EC2: the instance metadata service, version 2 (a session token first) and, where a service does not know
 * that, version 1. "Use the Instance Metadata Service to access instance metadata" in the EC2 User Guide:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */

import type { DataSource } from '../source.ts';
import { found, linesOf } from '../source.ts';
import { BadAnswer, type MetadataService } from './metadata-service.ts';

export const awsBase = 'http://169.254.169.254';

export const aws: DataSource = async ({ service }) => {
  const plain = service(awsBase);
  const answer = await plain.ask('/latest/api/token', {
    method: 'PUT',
    headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '300' },
  });
  if (answer === undefined) return undefined;
  const { status } = answer;
  // Only a service that has never heard of tokens gives 404 or 405. EC2 itself never does, so that nobody can
  // lead a machine that requires version 2 back to version 1.
  if (status === 404 || status === 405) return read(plain, {});
  if (status === 403) throw new BadAnswer('the metadata service of this instance is turned off');
  if (status !== 200) throw new BadAnswer(`${awsBase} gave no session token (HTTP status ${status})`);
  const token = answer.body.toString('latin1').trim();
  // It goes into a header.
  if (!/^[\x21-\x7e]{1,1024}$/.test(token)) throw new BadAnswer(`${awsBase} gave an invalid session token`);
  return read(plain, { headers: { 'X-aws-ec2-metadata-token': token } });
};

async function read(service: MetadataService, session: { readonly headers?: Record<string, string> }) {
  const get = (path: string) => service.text(`/latest/meta-data/${path}`, session);
  const hostname = await get('local-hostname');
  const keys: string[] = [];
  // Lines such as `0=name`.
  for (const line of linesOf(await get('public-keys/'))) {
    const index = /^(\d+)=/.exec(line)?.[1];
    if (index !== undefined) keys.push(...linesOf(await get(`public-keys/${index}/openssh-key`)));
  }
  return found(await service.bytes('/latest/user-data', session), hostname, keys);
}
