/** The machines that are served, as a page for people: plain HTML, of use without styles and without scripts. */
import { createHash } from 'node:crypto';
import type { ListedMachine, Listing } from '../listing.ts';
import { script } from './script.ts';
import { style } from './style.ts';
import { type Asked, addressOf, type View, viewOf } from './view.ts';
import { shownTime, stateWords } from './words.ts';

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** What the page may load: its own style and script, and this server's answers; nothing else. */
export const pagePolicy = [
  `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; connect-src 'self'; img-src data:`,
  `base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
].join('; ');

export function pageOf({ machines, faults }: Listing, asked: Asked): string {
  const view = viewOf(machines, asked);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${titleOf(view)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>Machines</h1>
${faults.length === 0 ? '' : `<section aria-labelledby="faults"><h2 id="faults">Faults</h2>\n${list(faults)}</section>\n`}<form role="search" action="/">
<label for="q">Find machines</label>
<input type="search" id="q" name="q" value="${escaped(view.asked.search)}" maxlength="100" autocomplete="off" spellcheck="false" aria-describedby="help">
<button>Find</button>
</form>
<p id="help" class="quiet">By name, by what it is made of, by what it did last, or: fault.</p>
<p id="found" role="status">${foundText(view, machines.length)}</p>
<p id="live"><a href="${escaped(addressOf(view.asked))}">Refresh</a></p>
<div id="machines">
${view.machines.length === 0 ? '' : table(view)}
${pageLinks(view)}</div>
</main>
<footer>
<p>For programs: <a href="/machines.json">machines.json</a>, <a href="/metrics">metrics</a>.</p>
</footer>
<script>${script}</script>
</body>
</html>
`;
}

const titleOf = ({ asked: { search, page }, pages }: View): string =>
  [
    ...(search === '' ? [] : [escaped(search)]),
    ...(pages === 1 ? [] : [`page ${page} of ${pages}`]),
    'Machines',
  ].join(' – ');

const counted = (count: number): string => (count === 1 ? '1 machine' : `${count} machines`);

function foundText({ asked: { search, page }, found, pages }: View, all: number): string {
  if (all === 0) return 'No machines yet.';
  const which = search === '' ? counted(all) : `${found} of ${counted(all)} found`;
  return pages === 1 ? `${which}.` : `${which}; page ${page} of ${pages}.`;
}

/** Roles are said again, since a table that is laid out as blocks is none for some readers of screens. */
const table = ({ machines }: View): string => `<table role="table">
<caption>What each did last, and what it boots from</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Machine</th><th role="columnheader" scope="col">Did last</th><th role="columnheader" scope="col">Downloads</th><th role="columnheader" scope="col">Made of</th></tr></thead>
<tbody role="rowgroup">
${machines.map(row).join('\n')}
</tbody>
</table>
`;

function row(machine: ListedMachine): string {
  const { name, base, state, since, faults, served } = machine;
  const when = since === null ? '' : `<br><time datetime="${escaped(since)}">${shownTime(since)}</time>`;
  const wrong = faults.length === 0 ? '' : `<div class="faults">${list(faults)}</div>`;
  return `<tr role="row"><th role="rowheader" scope="row">${escaped(name)}</th><td role="cell" data-machine="${escaped(name)}">${stateWords[state]}${when}</td><td role="cell" class="links">${served ? downloads(machine) : 'None, for its faults:'}${wrong}</td><td role="cell" class="quiet">${escaped(base)}</td></tr>`;
}

/** Each link says whose it is: read one by one they must make sense. */
function downloads({ name, iso, image, sha256, token, once }: ListedMachine): string {
  if (token) return 'At an address with its token.';
  const link = (path: string | null, what: string) =>
    path === null ? [] : [`<a href="${escaped(path)}" aria-label="${what} of ${escaped(name)}">${what}</a>`];
  const links = [
    ...link(iso, 'ISO'),
    ...link(sha256, 'SHA-256'),
    ...link(image, 'Disk image'),
    ...link(image === null ? null : `${image}.sha256`, 'SHA-256 of the image'),
  ];
  return `${links.join('\n')}${once ? '<br>Given out once.' : ''}`;
}

function pageLinks({ asked: { search, page }, pages }: View): string {
  if (pages === 1) return '';
  const link = (to: number, text: string, rel: string) =>
    to < 1 || to > pages
      ? ''
      : `<a rel="${rel}" href="${escaped(addressOf({ search, page: to }))}">${text}</a>`;
  return `<nav aria-label="Pages">${link(page - 1, 'Previous page', 'prev')}${link(page + 1, 'Next page', 'next')}</nav>\n`;
}

const list = (texts: readonly string[]): string =>
  `<ul>${texts.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>`;

const names: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' };
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (letter) => `&${names[letter]};`);
