/** Puts the files of grub/ into a bundle: in the place of the module that reads them stands one that has their texts. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/** `root` is the project's. */
export const grubTexts = (root: string): Plugin => ({
  name: 'grub-texts',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]boot[\\/]menus[\\/]grub-files\.ts$/ }, async () => {
      const folder = join(root, 'grub');
      const names = (await readdir(folder)).filter((name) => name.endsWith('.cfg')).sort();
      const texts: Record<string, string> = {};
      for (const name of names) texts[name.slice(0, -4)] = await readFile(join(folder, name), 'utf8');
      return {
        contents: `const texts = ${JSON.stringify(texts)};
          export const grubFiles = Object.keys(texts);
          export const grubFile = (name) => texts[name];`,
      };
    });
  },
});
