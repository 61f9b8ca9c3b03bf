/** The README.md of a new pack, which Palette shows. Pure. */
import { answerOf, type FieldName, kinds, type PackRequest } from './request.ts';

const parameters: Readonly<Partial<Record<PackRequest['kind'], readonly (readonly [string, string])[]>>> = {
  edge: [
    ['`options`, `system.uri`', 'image of the OS, by tag or digest; `NA` for agent mode'],
    ['`pack.content.images`', 'images that a content bundle holds'],
    ['`pack.drain`', 'how a node is emptied before it changes; times in seconds'],
  ],
  generic: [
    ['`pack.osImageOverride`', 'image as its cloud calls it'],
    ['`pack.osName`, `pack.osVersion`', 'distribution and version in that image'],
  ],
};

export function renderReadme(request: PackRequest): string {
  const of = (name: FieldName) => answerOf(request, name);
  const rows = parameters[request.kind] ?? [];
  const files = [...request.charts, ...request.manifests];
  return [
    `# ${of('displayName')}`,
    '',
    `${capital(kinds[request.kind].title)}.`,
    ...(rows.length === 0
      ? []
      : ['', '| parameter | |', '|---|---|', ...rows.map(([name, what]) => `| ${name} | ${what} |`)]),
    ...(files.length === 0
      ? []
      : ['', 'It brings:', '', ...files.map((file) => `- ${file.slice(file.lastIndexOf('/') + 1)}`)]),
    '',
  ].join('\n');
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
