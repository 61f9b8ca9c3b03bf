/** The time that dosfstools and mtools write into a volume (both heed SOURCE_DATE_EPOCH, reproducible-builds.org). */

export const atTime = ({ time }: { readonly time?: number | undefined }) =>
  time === undefined ? {} : { env: { SOURCE_DATE_EPOCH: `${time}`, TZ: 'UTC' } };
