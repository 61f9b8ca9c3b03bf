/** In words, what a name of an image has that none may have. Pure; apart from image.ts, since it loads what reads YAML. */
import { specialBlank } from '../../config/yaml/misreadings.ts';

/** What is wrong with a text that `parseImageName` does not take. */
export function notAnImage(image: string): string {
  const blank = specialBlank(image);
  return blank === undefined
    ? 'is not the name of an image such as registry.example.com/bos'
    : `holds ${blank}, which no name of an image has; write it without`;
}
