/** Answers HTTP, through node:http and node:https. */
import type { Socket } from 'node:net';
import type { Listening, ListenOptions } from '../http-port.ts';

/** Of a request without its body: file names and a few ranges. */
const headSize = 16 * 1024;

export async function listenHttp(options: ListenOptions): Promise<Listening> {
  const { address, port, tls, headMs, idleMs, mostConnections, connected, answer } = options;
  const common = {
    maxHeaderSize: headSize,
    headersTimeout: headMs,
    requestTimeout: headMs,
    connectionsCheckingInterval: Math.min(1000, headMs),
    keepAliveTimeout: idleMs,
  };
  const server =
    tls === undefined
      ? (await import('node:http')).createServer(common, answer)
      : (await import('node:https')).createServer(
          { ...common, ...tls, handshakeTimeout: headMs, minVersion: 'TLSv1.2', allowHalfOpen: true },
          answer,
        );
  // Who has said all that it wants to say (`nc -N`) still gets its answer. Node.js has no option for it, but this property.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.maxConnections = mostConnections;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // What a client does to its connection is not an error of this process.
    socket.on('error', () => {});
    connected(socket);
  });
  server.on('tlsClientError', (_error, socket) => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const listening = server.address();
  return {
    port: typeof listening === 'object' && listening !== null ? listening.port : port,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
    destroy: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
