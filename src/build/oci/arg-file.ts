/**
 * The file that names an image for Palette: `KEY=VALUE` a line, as CanvOS has it in `.arg`. All faults at once, each with its
 * line; keys of CanvOS that say how it builds are passed over, since nothing here is built by it.
 */
import { type ArchitectureName, architectures } from '../../architectures.ts';
import { nearest } from '../../config/nearest.ts';
import { usage } from '../../errors.ts';
import { parseReference } from '../../oci/reference.ts';

export interface PaletteName {
  /** `REGISTRY/REPOSITORY:TAG` */
  readonly reference: string;
  readonly tag: string;
  readonly k8sDistribution: string;
  readonly k8sVersion: string;
  readonly peVersion: string;
}

const required = ['IMAGE_REGISTRY', 'IMAGE_REPO', 'K8S_DISTRIBUTION', 'K8S_VERSION', 'PE_VERSION'] as const;
const used = [...required, 'CUSTOM_TAG', 'ARCH'] as const;
type Key = (typeof used)[number];

/** Of CanvOS's .arg.template. */
const passedOver = new Set([
  ...[
    'OS_DISTRIBUTION',
    'OS_VERSION',
    'ISO_NAME',
    'HTTPS_PROXY',
    'HTTP_PROXY',
    'NO_PROXY',
    'PROXY_CERT_PATH',
  ],
  ...['UPDATE_KERNEL', 'CLUSTERCONFIG', 'CIS_HARDENING', 'EDGE_CUSTOM_CONFIG', 'FORCE_INTERACTIVE_INSTALL'],
  ...['MAAS_IMAGE_NAME', 'UBUNTU_PRO_ATTACH', 'IS_UKI', 'MY_ORG', 'UKI_BRING_YOUR_OWN_KEYS', 'BASE_IMAGE'],
  ...[
    'INCLUDE_MS_SECUREBOOT_KEYS',
    'AUTO_ENROLL_SECUREBOOT_KEYS',
    'ENROLL_SPECTRO_EXTENSION_CERT',
    'FIPS_ENABLED',
  ],
  ...['BUNDLE_K8S_AND_AGENT_PROVIDER', 'DRBD_VERSION', 'STORAGE_PROVIDER', 'INSTALL_NVIDIA_GPU_DRIVERS'],
  ...['NVIDIA_DRIVER_BRANCH', 'NVIDIA_DRIVER_TYPE', 'NVIDIA_USE_CUDA_REPO', 'NVIDIA_INSTALL_FABRICMANAGER'],
  ...['NVIDIA_INSTALL_CONTAINER_TOOLKIT', 'NVIDIA_REBUILD_INITRD', 'INSTALL_AMD_GPU_DRIVERS'],
  ...['AMDGPU_DRIVER_SOURCE', 'AMDGPU_DRIVER_RELEASE', 'AMDGPU_INSTALL_SMI', 'AMDGPU_REBUILD_INITRD'],
]);
const isPassedOver = (key: string) => passedOver.has(key) || key.startsWith('CUSTOM_ARG_');

/** What a part of a tag may be (OCI Distribution Specification 1.1, "Pulling manifests"). */
const tagPart = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const longestTag = 128;
const largestFile = 64 * 1024;

interface Value {
  readonly line: number;
  readonly text: string;
}

/** Throws OpsError `arg-file` (usage) with every fault. `where` is for messages. */
export function parseArgFile(text: string, where: string, arch: ArchitectureName): PaletteName {
  const faults: { readonly line: number; readonly what: string }[] = [];
  const fault = (line: number, what: string) => void faults.push({ line, what });
  const values = text.length > largestFile ? new Map<string, Value>() : valuesOf(text, fault);
  if (text.length > largestFile)
    fault(1, `the file has more than ${largestFile} bytes; leave only the lines that name the image`);
  checkValues(values, fault, arch);
  const value = (key: Key) => values.get(key)?.text ?? '';
  const custom = value('CUSTOM_TAG');
  const tag = [value('K8S_DISTRIBUTION'), value('K8S_VERSION'), value('PE_VERSION'), custom]
    .filter((part, index) => index < 3 || part !== '')
    .join('-');
  const reference = `${value('IMAGE_REGISTRY')}/${value('IMAGE_REPO')}:${tag}`;
  if (faults.length === 0 && tag.length > longestTag)
    fault(values.get('K8S_VERSION')?.line ?? 1, `the tag ${tag} has more than ${longestTag} characters`);
  if (faults.length === 0)
    try {
      parseReference(reference);
    } catch (error) {
      fault(values.get('IMAGE_REPO')?.line ?? 1, error instanceof Error ? error.message : String(error));
    }
  if (faults.length > 0) throw invalid(where, faults);
  return {
    ...{ reference, tag, k8sDistribution: value('K8S_DISTRIBUTION') },
    ...{ k8sVersion: value('K8S_VERSION'), peVersion: value('PE_VERSION') },
  };
}

type Fault = (line: number, what: string) => void;

function valuesOf(text: string, fault: Fault): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const [, key, rest = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(content) ?? [];
    if (key === undefined) {
      fault(line, `expected KEY=VALUE, found "${shown(content)}"`);
      continue;
    }
    const before = values.get(key);
    if (before !== undefined) fault(line, `${key} is already in line ${before.line}`);
    if (!(used as readonly string[]).includes(key) && !isPassedOver(key)) {
      fault(line, `the key ${key} is not known${meant(key)}`);
    }
    values.set(key, { line, text: plainValue(rest, line, values, fault) });
  }
  return values;
}

function meant(key: string): string {
  const found = nearest(
    key.slice(0, 64),
    [...used, ...passedOver].map((name) => name.toLowerCase()),
  );
  return found === undefined ? '' : `; did you mean ${found.toUpperCase()}?`;
}

/** Quotes around all of it go, and a comment behind it; `$KEY` and `${KEY}` stand for keys above. */
function plainValue(rest: string, line: number, values: ReadonlyMap<string, Value>, fault: Fault): string {
  const quoted = /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(rest);
  if (quoted === null && /^["']/.test(rest)) fault(line, 'a quotation mark is not closed');
  const plain = quoted?.[2] ?? rest.replace(/(^|\s)#.*$/, '').trim();
  if (quoted?.[1] === "'") return plain;
  return plain.replaceAll(
    /\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g,
    (_, braced?: string, bare?: string) => {
      const name = braced ?? bare ?? '';
      const found = values.get(name);
      if (found === undefined) fault(line, `$${shown(name)} is not set in the lines above`);
      return found?.text ?? '';
    },
  );
}

function checkValues(values: ReadonlyMap<string, Value>, fault: Fault, arch: ArchitectureName): void {
  for (const key of required) {
    const value = values.get(key);
    if (value === undefined) fault(0, `${key} is missing`);
    else if (value.text === '') fault(value.line, `${key} has no value`);
  }
  for (const key of ['K8S_DISTRIBUTION', 'K8S_VERSION', 'PE_VERSION', 'CUSTOM_TAG'] as const) {
    const value = values.get(key);
    if (value !== undefined && value.text !== '' && !tagPart.test(value.text))
      fault(value.line, `${key} is "${shown(value.text)}": a tag has letters, digits and . _ - alone`);
  }
  const given = values.get('ARCH');
  if (given !== undefined && given.text !== architectures[arch].oci.architecture)
    fault(given.line, `ARCH is "${shown(given.text)}", but this build is for ${arch}`);
}

const shown = (text: string) => JSON.stringify(text.slice(0, 80)).slice(1, -1);

function invalid(where: string, faults: readonly { readonly line: number; readonly what: string }[]) {
  const sorted = faults.toSorted((a, b) => a.line - b.line);
  return usage('arg-file', `${where} does not name an image`, {
    details: sorted.map(({ line, what }) => (line === 0 ? what : `line ${line}: ${what}`)),
    hint: 'The image is IMAGE_REGISTRY/IMAGE_REPO:K8S_DISTRIBUTION-K8S_VERSION-PE_VERSION, and -CUSTOM_TAG where that is set.',
  });
}
