/**
 * What the page does where scripts run: it looks for machines while one types, and shows what becomes of each. Without
 * them the same is there by the form and the links. As text, since it runs in the browser.
 */
import { stateWords } from './words.ts';

export const script = `
'use strict';
(() => {
  const words = ${JSON.stringify(stateWords)};
  const known = new Map();
  const live = document.getElementById('live');
  const field = document.querySelector('input[name=q]');
  const show = (told) => {
    const cell = document.querySelector('[data-machine="' + CSS.escape(told.name) + '"]');
    if (cell === null) return;
    cell.textContent = words[told.state] || told.state;
    if (told.since === null) return;
    const time = document.createElement('time');
    time.dateTime = told.since;
    time.textContent = told.since.slice(0, 16).replace('T', ' ') + ' UTC';
    cell.append(document.createElement('br'), time);
  };
  let asked;
  const find = async (address) => {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(address, { headers: { accept: 'text/html' }, signal: asked.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const machines = found.getElementById('machines');
      document.getElementById('machines').replaceWith(machines);
      document.getElementById('found').textContent = found.getElementById('found').textContent;
      document.title = found.title;
      for (const told of known.values()) show(told);
      history.replaceState(null, '', address);
    } catch (error) {
      if (error.name !== 'AbortError') location.assign(address);
    }
  };
  let wait;
  const search = () => {
    const text = field.value.trim();
    find(text === '' ? '/' : '/?' + new URLSearchParams({ q: text }));
  };
  field.addEventListener('input', () => {
    clearTimeout(wait);
    wait = setTimeout(search, 250);
  });
  field.form.addEventListener('submit', (event) => {
    event.preventDefault();
    clearTimeout(wait);
    search();
  });
  const refresh = live.innerHTML;
  const events = new EventSource('/events');
  events.addEventListener('open', () => {
    live.textContent = 'Changes show by themselves.';
  });
  events.addEventListener('error', () => {
    live.innerHTML = refresh;
  });
  events.addEventListener('message', ({ data }) => {
    const told = JSON.parse(data);
    known.set(told.name, told);
    show(told);
  });
})();
`;
