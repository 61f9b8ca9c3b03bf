/** The pack through which an edge host gets its OS: its name, and the key that names the image. */

/** The pack that Palette looks for. */
export const edgePack = 'edge-native-byoi';
/** The dot is part of the name. */
export const uriKey = 'system.uri';
/** In the place of an image: the system was installed by somebody else, and Palette has only its agent there. */
export const agentMode = 'NA';
/** What the pack's own values call it by. */
export const uriMacro = `{{.spectro.pack.${edgePack}.options.${uriKey}}}`;
