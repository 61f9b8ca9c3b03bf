/** Fetching no faster than somebody allows: a node whose line others need as well. */
import type { Host, HttpStream } from '../../host/ports.ts';

/** The same host, whose streams together give no more than `bytesPerSecond`; as it is without a limit. */
export function limited(host: Host, bytesPerSecond: number | undefined): Host {
  if (bytesPerSecond === undefined) return host;
  const { clock, http } = host;
  const begun = clock.monotonic();
  let sent = 0;
  async function* paced(body: HttpStream['body']): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      sent += piece.length;
      const due = begun + (sent / (bytesPerSecond ?? 1)) * 1000;
      const wait = due - clock.monotonic();
      if (wait > 0) await clock.sleep(wait);
      yield piece;
    }
  }
  const open: typeof http.open = async (url, options) => {
    const answer = await http.open(url, options);
    return { ...answer, body: paced(answer.body), close: () => answer.close() };
  };
  return {
    ...host,
    http: {
      ...http,
      using: (settings) => limited({ ...host, http: http.using(settings) }, bytesPerSecond).http,
      open,
      get: (url, options) => http.get(url, options),
      download: (url, path, options) => http.download(url, path, options),
    },
  };
}
