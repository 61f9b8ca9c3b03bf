/**
 * Where a file of config.d is as long as it is only tried: in memory, so that a restart finds the configuration from
 * before. It counts where it would count in config.d, in the place of one of that name.
 */
export const tryFolder = '/run/bos/try';
export const triedConfigFolder = `${tryFolder}/config.d`;
