/** values.yaml as a whole: `pack`, and a section for each chart and manifest. */
import { didYouMean } from '../../../config/nearest.ts';
import type { PackRule, PackView, Report } from '../pack-view.ts';

export const sectionRules: PackRule = (pack, report) => {
  const { values } = pack;
  const { root } = values;
  if (root.kind === 'list' || (root.kind === 'word' && root.value !== null)) {
    report('error', values, root.offset, 'expected a map of keys, such as pack:');
    return;
  }
  if (values.at('pack')?.kind === 'list' || values.word('pack') !== '')
    report('error', values, ['pack'], 'expected a map of keys, such as namespace');
  checkSections(pack, 'charts', 'charts', report);
  checkSections(pack, 'manifests', 'kubeManifests', report);
};

/** The names below `charts` and `manifests` are those of the files, without what ends them. */
function checkSections({ meta, values }: PackView, section: string, key: string, report: Report): void {
  const files = meta.texts(key).map((path) => path.slice(path.lastIndexOf('/') + 1));
  const names = values.names(section);
  if (meta.at(key) === undefined && names.length === 0) return;
  for (const name of names) {
    if (
      files.some((file) => file === name || (file.startsWith(name) && /^[-.]/.test(file.slice(name.length))))
    )
      continue;
    const known = files.map((file) => file.replace(/\.(?:tgz|tar\.gz|ya?ml|json)$/i, ''));
    report(
      'warning',
      values,
      [section, name],
      `belongs to no file that ${key} in pack.json names${didYouMean(name, known)}`,
    );
  }
}
