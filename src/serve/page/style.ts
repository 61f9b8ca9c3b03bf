/** How the page looks: by light and by dark, down to 320 pixels of width. Colours have a contrast of 7 to 1. */
export const style = `
:root { color-scheme: light dark; --line: #6b6b6b; --quiet: #4a4a4a; --link: #0b3d91; --back: #fff; --text: #111; font: 1rem/1.5 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { :root { --line: #8f8f8f; --quiet: #c8c8c8; --link: #a9c7ff; --back: #121212; --text: #f0f0f0; } }
* { box-sizing: border-box; }
body { max-width: 64rem; margin: 0 auto; padding: 1rem; background: var(--back); color: var(--text); overflow-wrap: anywhere; }
h1 { margin: 0 0 .5rem; }
a { color: var(--link); }
p { margin: .5rem 0; }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: 1rem 0; }
input, button { font: inherit; padding: .4rem .6rem; min-height: 2.75rem; border: 1px solid var(--line); border-radius: .25rem; background: var(--back); color: var(--text); }
input { flex: 1 1 12rem; min-width: 0; max-width: 24rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding-block: .5rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem; border-bottom: 1px solid var(--line); }
thead th { overflow-wrap: normal; }
td:last-child { min-width: 9rem; }
ul { margin: 0; padding-left: 1.2rem; }
.links a { display: inline-block; padding: .2rem 0; margin-right: .75rem; }
.quiet { color: var(--quiet); }
.faults { border-left: .25rem solid; padding-left: .5rem; }
time { white-space: nowrap; }
nav { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
[hidden] { display: none; }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  table, caption, tbody, tr, th, td { display: block; }
  tr { border-bottom: 2px solid var(--line); padding-block: .5rem; }
  th, td, td:last-child { min-width: 0; border: 0; padding: .15rem 0; }
}
`;
