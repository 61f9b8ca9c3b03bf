/** The machines that are served, as a page for people: plain HTML, readable without styles and scripts. */
import { createHash } from 'node:crypto';
import type { ListedMachine, Listing } from './listing.ts';

const style = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding-block: .5rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem; border-bottom: 1px solid #767676; }
td ul { margin: 0; padding-left: 1.2rem; }
a:focus-visible { outline: 3px solid; outline-offset: 2px; }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  table, tbody, tr, th, td { display: block; }
  tr { border-bottom: 2px solid #767676; padding-block: .5rem; }
  th, td { border: 0; padding: .15rem 0; }
}
`;

/** What the page may load: its own style, and nothing else. */
export const pagePolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export function pageOf({ machines, faults }: Listing): string {
  const count = machines.length === 1 ? '1 machine' : `${machines.length} machines`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ISOs of ${count}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>ISOs</h1>
${faults.length === 0 ? '' : `<h2>Faults</h2>\n${list(faults)}\n`}${machines.length === 0 ? '<p>No machines yet.</p>' : table(machines, count)}
<p>For programs: <a href="/machines.json">machines.json</a>, <a href="/metrics">metrics</a>.</p>
</main>
</body>
</html>
`;
}

const table = (machines: readonly ListedMachine[], count: string): string => `<table>
<caption>${count}, each with an ISO of its own</caption>
<thead><tr><th scope="col">Machine</th><th scope="col">Made of</th><th scope="col">ISO</th></tr></thead>
<tbody>
${machines.map(row).join('\n')}
</tbody>
</table>`;

function row({ name, base, iso, sha256, once, faults, served }: ListedMachine): string {
  const links =
    iso === null || sha256 === null
      ? 'Needs its token.'
      : `<a href="${escaped(iso)}">${escaped(name)}.iso</a>, <a href="${escaped(sha256)}">SHA-256 of ${escaped(name)}</a>`;
  const state = served ? `${links}${once ? ' Given out once.' : ''}` : 'Faults:';
  return `<tr><th scope="row">${escaped(name)}</th><td>${escaped(base)}</td><td>${state}${faults.length === 0 ? '' : list(faults)}</td></tr>`;
}

const list = (texts: readonly string[]): string =>
  `<ul>${texts.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>`;

const names: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' };
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (letter) => `&${names[letter]};`);
