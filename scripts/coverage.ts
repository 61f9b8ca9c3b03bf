/**
 * What of src the tests run, by folder: `npm test` and `npm run long` with every process of theirs counted by V8. Says
 * it, and with `--write` keeps it in docs/coverage.md. A process that gets an environment of its own (a program that a
 * host runs) is not counted.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coveragePage, type FileCoverage } from './coverage/page.ts';
import { type CountedFunction, ranCharacters, ranLines } from './coverage/v8.ts';

const project = new URL('..', import.meta.url);
const source = new URL('src/', project).href;

/** What V8 writes for a process that ends (`NODE_V8_COVERAGE`). */
interface Report {
  readonly result: readonly { readonly url: string; readonly functions: readonly CountedFunction[] }[];
}

function runTests(folder: string): boolean {
  const run = (script: string): boolean => {
    const { status, stdout } = spawnSync('npm', ['run', '--silent', script], {
      cwd: fileURLToPath(project),
      env: { ...process.env, NODE_V8_COVERAGE: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 64 * 1024 * 1024,
      encoding: 'utf8',
    });
    // AVA says at the end what failed, and why.
    if (status !== 0) process.stderr.write(stdout.slice(stdout.lastIndexOf('✔')));
    return status === 0;
  };
  return [run('together'), run('long')].every(Boolean);
}

/** A byte for each line of each file of src: 1 where some process ran something of it. */
function linesThatRan(folder: string): FileCoverage[] {
  const texts = new Map(
    globSync('src/**/*.ts', { cwd: project }).map((file) => [
      file,
      readFileSync(new URL(file, project), 'utf8'),
    ]),
  );
  const sums = new Map<string, Uint8Array>();
  for (const name of globSync('coverage-*.json', { cwd: folder })) {
    const { result } = JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Report;
    for (const { url, functions } of result.filter((script) => script.url.startsWith(source))) {
      const file = `src/${url.slice(source.length)}`;
      const text = texts.get(file);
      if (text === undefined) continue;
      const sum = sums.get(file) ?? new Uint8Array(text.split('\n').length);
      for (const [line, ran] of ranLines(text, ranCharacters(functions, text.length)).entries())
        if (ran === 1) sum[line] = 1;
      sums.set(file, sum);
    }
  }
  return [...texts].map(([file, text]) => ({ file, text, ran: sums.get(file) ?? new Uint8Array() }));
}

const folder = mkdtempSync(join(tmpdir(), 'coverage-'));
try {
  if (!runTests(folder)) throw new Error('a test failed: there is nothing to count');
  const page = coveragePage(linesThatRan(folder));
  if (process.argv.includes('--write')) writeFileSync(new URL('docs/coverage.md', project), page);
  console.log(page);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
