/** What a builder may add: the Bhojpur DCP executable, firmware files. */
import { refused, usage } from '../errors.ts';
import { sha256File, sha256Of } from '../host/digest.ts';
import type { Host } from '../host/ports.ts';
import { notThere } from '../host/system-error.ts';
import { shownUrl } from '../media/shown-url.ts';
import { partialPrefix, type StageContext } from './stage.ts';
import { runStep } from './step.ts';
import { digestTree } from './tree.ts';

export interface DcpComponent {
  /** The name of its folder on the medium. */
  readonly version: string;
  readonly file: string;
  readonly sha256: string;
}

export interface DcpRequest {
  /** File or http(s) URL. */
  readonly source: string;
  /** Named by its content when left out: two builds with the same file give the same name. */
  readonly version?: string | undefined;
  /** What it must be, hex. */
  readonly sha256?: string | undefined;
  /** Also by a way on which others can put something else in its place. */
  readonly insecure?: boolean | undefined;
  /** Download again what was downloaded before. */
  readonly refresh: boolean;
}

/** A DCP of today has about 70 MB. */
const dcpLimit = 1e9;
const versionPattern = /^[A-Za-z0-9][A-Za-z0-9_+.~-]*$/;

/**
 * Throws OpsError `dcp-invalid`, `dcp-version`, `dcp-sha256` (usage); (refused) `dcp-missing`, `dcp-unverified` for an http
 * URL without digest or consent, `dcp-mismatch` for other bytes than those of the digest; or what downloading throws.
 */
export async function dcpComponent(context: StageContext, request: DcpRequest): Promise<DcpComponent> {
  const { files } = context.host;
  if (request.version !== undefined && !versionPattern.test(request.version)) {
    throw usage('dcp-version', `--dcp-version: "${request.version}" is not a valid folder name`, {
      hint: 'Use letters, digits and _ + . ~ - such as v1.29.4+dcp1.',
    });
  }
  const wanted = request.sha256?.toLowerCase();
  if (wanted !== undefined && !/^[0-9a-f]{64}$/.test(wanted))
    throw usage('dcp-sha256', '--dcp-sha256: expected the 64 hex digits of a SHA-256');
  if (/^http:/i.test(request.source) && wanted === undefined && request.insecure !== true)
    throw refused('dcp-unverified', 'Nothing verifies the DCP executable to include', {
      details: [
        `${shownUrl(request.source)} comes over http: anyone on the way can put another program in its place`,
      ],
      hint: 'Give --dcp-sha256, use an https URL, or accept it with --insecure.',
    });
  const isUrl = /^https?:/i.test(request.source);
  const file = isUrl ? await downloaded(context, request) : request.source;
  if (!isUrl && !(await files.exists(file))) throw notThere('dcp-missing', `--dcp: ${file}`);
  const sha256 = await digestOf(context.host, file);
  if (wanted !== undefined && wanted !== sha256) {
    // The next build is to ask the server again.
    if (isUrl) await files.remove(file);
    throw refused(
      'dcp-mismatch',
      `${isUrl ? shownUrl(request.source) : file} is not the DCP executable of --dcp-sha256`,
      {
        details: [`found:    ${sha256}`, `expected: ${wanted}`],
        hint: 'Compare the digest with the place that you have it from.',
      },
    );
  }
  return { version: request.version ?? `sha256-${sha256.slice(0, 12)}`, file, sha256 };
}

async function digestOf(host: Host, file: string): Promise<string> {
  const real = await host.files.realPath(file);
  const stat = await host.files.stat(real);
  if (stat?.type !== 'file' || stat.size === 0)
    throw usage('dcp-invalid', `--dcp: ${file} is empty or not a file`);
  return sha256File(host.files, real);
}

/** Kept by its URL until --refresh, as packages are. */
async function downloaded(context: StageContext, { source, refresh }: DcpRequest): Promise<string> {
  const { host, cache, signal } = context;
  const file = `${cache}/dcp-${sha256Of(source).slice(0, 12)}.download`;
  if (!refresh && (await host.files.exists(file))) return file;
  return runStep(context, { name: 'dcp', title: 'Download Bhojpur DCP' }, async (progress) => {
    const partial = `${cache}/${partialPrefix}dcp`;
    await host.http.download(source, partial, {
      limit: dcpLimit,
      signal,
      onProgress: (done, total) => {
        if (total !== undefined) progress(done, total);
      },
    });
    await host.files.rename(partial, file);
    return file;
  });
}

export interface FirmwareComponent {
  readonly folder: string;
  /** Of paths, modes and contents. */
  readonly digest: unknown;
}

/** Throws OpsError `firmware-missing` (refused). */
export async function firmwareComponent(host: Host, path: string): Promise<FirmwareComponent> {
  const folder = await host.files.realPath(path).catch(() => path);
  if ((await host.files.stat(folder))?.type !== 'directory')
    throw refused('firmware-missing', `--firmware: ${path} is not a folder`, { hint: 'Name a folder.' });
  return { folder, digest: await digestTree(host.files, folder) };
}
