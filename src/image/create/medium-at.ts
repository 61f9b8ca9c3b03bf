/** What an image is made of: an ISO, or an OCI image of a registry or an archive. */
import type { Host } from '../../host/ports.ts';
import { planRefs } from '../../install/plan-input.ts';
import { openImage, reopenImage } from '../../media/image.ts';
import { type ImageMedium, readImageMedium } from '../../media/image-medium.ts';
import type { Image } from '../../media/image-ref.ts';
import { isOciMedium, readOciMedium } from '../../media/oci/medium.ts';
import type { OpenOptions } from '../../media/open-url.ts';

/** The caller closes `image`. Throws what `openImage`, `readImageMedium` and `readOciMedium` throw. */
export async function mediumAt(
  host: Host,
  place: string,
  options: OpenOptions,
): Promise<{ readonly image: Image; readonly medium: ImageMedium }> {
  if (isOciMedium(place)) {
    const medium = await readOciMedium(host, place, planRefs.image, options);
    return { medium, image: await reopenImage(host, medium.ref, () => place, options) };
  }
  const image = await openImage(host, place, planRefs.image, options);
  try {
    return { image, medium: await readImageMedium(image) };
  } catch (error) {
    await image.close();
    throw error;
  }
}
