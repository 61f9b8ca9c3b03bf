/** HashiCorp's own parser and formatter of HCL, compiled for Node.js: what `terraform fmt` does, and what Terraform reads. */
import { createRequire } from 'node:module';

// Their types would bring those of browsers along.
const load = createRequire(import.meta.url);
const tools = load('@cdktn/hcl-tools') as { readonly format: (text: string) => Promise<string> };
const reader = load('@cdktn/hcl2json') as {
  readonly parse: (name: string, text: string) => Promise<Readonly<Record<string, unknown>>>;
};

/** The text as `terraform fmt` writes it. */
export const terraformFmt = (text: string): Promise<string> => tools.format(text);

/** Blocks as JSON. Throws what is wrong with the text, in HashiCorp's words. */
export const parseHcl = (text: string): Promise<Readonly<Record<string, unknown>>> =>
  reader.parse('main.tf', text);

/** A text as Terraform has it: the parser leaves what would begin a template doubled. */
export const plainText = (text: string): string => text.replaceAll(/([$%])\1(?=\{)/g, '$1');
