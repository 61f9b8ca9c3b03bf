/**
 * For commands that somebody waits for: a server that has never answered is asked a few times within seconds, as the name
 * or the port may be mistyped. What has answered once and is lost later is waited for as by everything else. Whatever
 * runs unattended (upgrades, installations, patches, the phases of the configuration) has the usual patience from the
 * beginning: its network may be on the way up.
 */
import type { Contacts, Host, Http } from '../host/ports.ts';
import { isPassing, NeverAnswered } from '../host/retry.ts';

/** The same host; what it knows of servers lasts as long as it does. */
export function waitedFor(host: Host): Host {
  const contacts = contactsOf(new Set());
  return { ...host, contacts, http: brief(host.http, contacts) };
}

function contactsOf(answered: Set<string>): Contacts {
  // Of ftp and tftp `origin` is "null" (URL Standard, 4.7).
  const server = (url: string) =>
    URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : url;
  return {
    answered: (url) => void answered.add(server(url)),
    has: (url) => answered.has(server(url)),
    fault: (url, error) =>
      isPassing(error) && !answered.has(server(url)) ? new NeverAnswered(error) : error,
  };
}

function brief(http: Http, contacts: Contacts): Http {
  return {
    ...http,
    using: (settings) => brief(http.using(settings), contacts),
    open: async (url, options) => {
      try {
        const answer = await http.open(url, options);
        contacts.answered(url);
        return answer;
      } catch (error) {
        throw contacts.fault(url, error);
      }
    },
  };
}
