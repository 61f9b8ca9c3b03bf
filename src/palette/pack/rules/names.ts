/** Name and version: what a registry takes, and that the folder says the same. */
import semver from 'semver';
import { tagPattern } from '../../../kubernetes/values/image.ts';
import type { PackRule, PackView, Report } from '../pack-view.ts';
import { isPlaceholder } from './keys.ts';

const namePattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

export const nameRules: PackRule = (pack, report) => {
  for (const key of ['name', 'displayName', 'layer', 'version', 'group', 'eol'])
    if (isPlaceholder(pack.meta.word(key)))
      report('error', pack.meta, [key], 'is a placeholder of the documentation; write your own');
  checkName(pack, report);
  checkVersion(pack, report);
  checkFolder(pack, report);
  const eol = pack.meta.word('eol').trim();
  if (eol !== '' && !isPlaceholder(eol) && !isDate(eol))
    report('warning', pack.meta, ['eol'], 'is not a date such as 2028-04-30');
};

const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true;

function checkName({ meta }: PackView, report: Report): void {
  const name = meta.word('name');
  if (name === '' || isPlaceholder(name) || namePattern.test(name)) return;
  const lower = name.toLowerCase().replaceAll(' ', '-');
  const better = namePattern.test(lower) ? `; write "${lower}"` : '';
  report(
    'error',
    meta,
    ['name'],
    `becomes part of a repository: lower-case letters and digits, with single dots or hyphens between${better}`,
  );
}

function checkVersion({ meta }: PackView, report: Report): void {
  const version = meta.word('version');
  if (version === '' || isPlaceholder(version)) return;
  if (!tagPattern.test(version)) {
    const better = version.replaceAll('+', '-');
    const advice = tagPattern.test(better) ? `; write "${better}"` : '';
    report('error', meta, ['version'], `becomes a tag, and no registry takes such a one${advice}`);
  } else if (semver.valid(version) === null)
    report('warning', meta, ['version'], 'is not a semantic version such as 1.2.3; Palette may not order it');
}

/** `prometheus-2.3.4`, or as in the documentation `prometheus_1_0`; other names say nothing. */
function checkFolder({ meta, content }: PackView, report: Report): void {
  const [name, version] = [meta.word('name'), meta.word('version')];
  const { folder } = content;
  if (name === '' || version === '' || !folder.startsWith(name)) return;
  const [, said] = /^[-_]v?(\d.*)$/.exec(folder.slice(name.length)) ?? [];
  const plain = (text: string) => text.replace(/^v/, '').replaceAll(/[_.+-]/g, '.');
  if (said === undefined || `${plain(version)}.`.startsWith(`${plain(said)}.`)) return;
  report('warning', meta, ['version'], `differs from that in the name of the folder, ${folder}`);
}
