/** Sockets of this machine. */
import type { Sockets } from '../ports.ts';

export const sockets: Sockets = {
  connectUnix: async (path) => {
    const { connect } = await import('node:net');
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(socket);
      });
    });
  },
  freePort: async () => {
    const { createServer } = await import('node:net');
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        const port = typeof address === 'object' && address !== null ? address.port : 0;
        server.close(() => resolve(port));
      });
    });
  },
  listenHttp: async (options) => (await import('./http-server.ts')).listenHttp(options),
};
