/** What the boot phase leaves for bos-metadata.service. */

/** Names the source that it asks. */
export const askFile = '/run/bos/metadata-ask';
