/** Which version, and of which image: `version` or `channel`, and the tag that the controller makes of it. */
import { parseImageName, tagOfVersion, tagPattern } from '../../values/image.ts';
import { labelValueFault } from '../../values/names.ts';
import { notAnImage } from '../../values/not-an-image.ts';
import type { PlanView, Report, Rule } from '../plan-view.ts';

export const versionRules: Rule = (plan, report) => {
  const version = plan.text('spec', 'version');
  const hasVersion = version !== undefined && version !== '';
  const hasChannel = (plan.text('spec', 'channel') ?? '') !== '';
  if (plan.has('spec') && !hasVersion && !hasChannel && isReadable(plan))
    report('error', ['spec'], 'has neither version nor channel, so nothing is ever upgraded');
  if (hasVersion && hasChannel)
    report('warning', ['spec', 'channel'], 'is never asked, because version is there, too');
  if (hasVersion) checkVersion(version, report);
  if (hasChannel) checkChannel(plan.text('spec', 'channel') ?? '', report);
  for (const container of ['prepare', 'upgrade']) checkImage(plan, container, report);
};

/** A value of another type has been reported as such. */
const isReadable = (plan: PlanView): boolean =>
  ['version', 'channel'].every((name) => !plan.has('spec', name) || plan.text('spec', name) !== undefined);

function checkVersion(version: string, report: Report): void {
  const path = ['spec', 'version'];
  const tag = tagOfVersion(version);
  if (/[/:@]/.test(version))
    report('error', path, 'must be the tag alone; the name of the image belongs into upgrade.image');
  else if (!tagPattern.test(tag)) report('error', path, 'is not the tag of an image');
  else {
    const fault = labelValueFault(tag);
    if (fault !== undefined) report('error', path, `${fault}, which the controller makes of it on its jobs`);
  }
  if (version === 'latest')
    report(
      'warning',
      path,
      'is a tag that moves: the controller does not look what it stands for, and a node that has it stays as it is',
    );
}

function checkChannel(channel: string, report: Report): void {
  const path = ['spec', 'channel'];
  const url = URL.canParse(channel) ? new URL(channel) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    report('error', path, 'must be a URL that begins with https://');
  else if (url.protocol === 'http:')
    report('warning', path, 'is not encrypted: whoever is on the way can choose the version');
  if (url !== undefined && (url.username !== '' || url.password !== ''))
    report('warning', path, 'holds a user or password, which everybody who can read Plans sees');
}

function checkImage(plan: PlanView, container: string, report: Report): void {
  const path = ['spec', container, 'image'];
  const image = plan.text(...path);
  if (image === undefined) return;
  const parsed = parseImageName(image);
  if (parsed === undefined) {
    report('error', path, image === '' ? 'is empty' : notAnImage(image));
    return;
  }
  const version = plan.text('spec', 'version');
  const { tag, digest } = parsed;
  if (tag === undefined || digest !== undefined || container !== 'upgrade') return;
  if (version === undefined)
    report('warning', path, `has the tag ${tag}, so what the channel says has no effect; leave the tag out`);
  else if (tag !== tagOfVersion(version))
    report(
      'error',
      path,
      `has the tag ${tag}, which runs in place of version ${version}, while nodes are marked as having that; leave the tag out`,
    );
}
