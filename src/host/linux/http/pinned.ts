/** Connections to the one server that has a certificate: no byte goes to another. */
import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect } from 'node:tls';

/** `fingerprint` is SHA-256 of the certificate, as openssl writes it. */
export const pinnedAgent = (fingerprint: string): Agent => new PinnedAgent(fingerprint);

class PinnedAgent extends Agent {
  readonly #fingerprint: string;

  constructor(fingerprint: string) {
    // A session that is taken up again shows no certificate.
    super({ maxCachedSessions: 0 });
    this.#fingerprint = fingerprint;
  }

  override createConnection(
    options: ConnectionOptions,
    done: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const socket = connect({ ...options, rejectUnauthorized: false, minVersion: 'TLSv1.2' });
    const failed = (error: Error) => done(error, socket);
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      socket.off('error', failed);
      if (socket.getPeerCertificate().fingerprint256 === this.#fingerprint) return done(null, socket);
      socket.destroy();
      failed(new WrongCertificate('the server has another certificate than the one that was named'));
    });
    return undefined;
  }
}

class WrongCertificate extends Error {
  readonly code = 'ERR_TLS_PINNED_CERTIFICATE';
}
