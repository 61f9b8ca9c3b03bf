/**
 * For commands that somebody waits for: a server that has never answered is asked a few times within seconds, as the name
 * or the port may be mistyped. What has answered once and is lost later is waited for as by everything else. Whatever
 * runs unattended (upgrades, installations, patches, the phases of the configuration) has the usual patience from the
 * beginning: its network may be on the way up.
 */
import type { Host, Http } from '../host/ports.ts';
import { isPassing, NeverAnswered } from '../host/retry.ts';

/** The same host; what it knows of servers lasts as long as it does. */
export const waitedFor = (host: Host): Host => ({ ...host, http: brief(host.http, new Set()) });

function brief(http: Http, answered: Set<string>): Http {
  return {
    ...http,
    using: (settings) => brief(http.using(settings), answered),
    open: async (url, options) => {
      const server = URL.canParse(url) ? new URL(url).origin : url;
      try {
        const answer = await http.open(url, options);
        answered.add(server);
        return answer;
      } catch (error) {
        throw isPassing(error) && !answered.has(server) ? new NeverAnswered(error) : error;
      }
    },
  };
}
