/** As much of an FTP server (RFC 959, 2428, 3659) and of a TFTP server (RFC 1350, 2348) as serving one file takes. */
import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface SmallServer {
  readonly port: number;
  readonly commands: string[];
  close(): void;
}

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** Serves `content` as /bos.iso to the user me with the password hush. The first `cuts` transfers end early. */
export async function serveFtp(content: Uint8Array, { cuts = 0, cutAfter = 0 } = {}): Promise<SmallServer> {
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  let left = cuts;
  const server = createServer((control) => {
    sockets.add(control);
    control.on('error', () => {});
    let restart = 0;
    let data: Promise<Socket> | undefined;
    const say = (line: string) => control.write(`${line}\r\n`);
    say('220 ready');
    const passive = async () => {
      const waiting = createServer();
      const port = await listening(waiting);
      data = new Promise((resolve) => {
        waiting.once('connection', (socket) => {
          socket.on('error', () => {});
          waiting.close();
          resolve(socket);
        });
      });
      say(`229 Entering Extended Passive Mode (|||${port}|)`);
    };
    const retrieve = async () => {
      const socket = await data;
      const bytes = content.subarray(restart);
      restart = 0;
      say('150 here it comes');
      if (left > 0) {
        left -= 1;
        socket?.write(bytes.subarray(0, cutAfter), () => {
          socket.destroy();
          say('426 cut');
        });
      } else socket?.end(bytes, () => say('226 done'));
    };
    control.on('data', async (chunk) => {
      for (const line of chunk.toString('utf8').split('\r\n').filter(Boolean)) {
        commands.push(line);
        const [verb = '', argument = ''] = line.split(' ');
        const there = argument === 'bos.iso';
        if (verb === 'USER') say('331 and the password');
        else if (verb === 'PASS') say(argument === 'hush' ? '230 in' : '530 no');
        else if (verb === 'PWD') say('257 "/"');
        else if (verb === 'EPSV') await passive();
        else if (verb === 'TYPE' || verb === 'CWD') say('200 ok');
        else if (verb === 'SIZE') say(there ? `213 ${content.length}` : '550 not here');
        else if (verb === 'MDTM') say(there ? '213 20251101100000' : '550 not here');
        else if (verb === 'REST') {
          restart = Number(argument);
          say('350 from there');
        } else if (verb === 'RETR') {
          if (there) await retrieve();
          else say('550 not here');
        } else if (verb === 'QUIT') {
          say('221 bye');
          control.end();
        } else say('502 what?');
      }
    });
  });
  const port = await listening(server);
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port, commands, close };
}

/** Serves `content` as bos.iso. */
export async function serveTftp(content: Uint8Array): Promise<SmallServer> {
  const commands: string[] = [];
  const server = createSocket('udp4');
  server.on('message', (request, client) => {
    const [file = '', , ...options] = request.subarray(2).toString('latin1').split('\0');
    commands.push(file);
    const answer = createSocket('udp4').unref();
    const send = (opcode: number, number: number, body: Uint8Array, sent = () => {}) => {
      const head = Buffer.alloc(4);
      head.writeUInt16BE(opcode, 0);
      head.writeUInt16BE(number, 2);
      answer.send(Buffer.concat([head, body]), client.port, client.address, sent);
    };
    if (file !== 'bos.iso') {
      send(5, 1, Buffer.from('not here\0'), () => answer.close());
      return;
    }
    const at = options.findIndex((option) => option.toLowerCase() === 'blksize');
    const size = at === -1 ? 512 : Number(options[at + 1]);
    let block = at === -1 ? 1 : 0;
    const next = () => {
      // OACK (RFC 2347): its opcode is followed by the options at once.
      if (block === 0)
        answer.send(Buffer.from(`\0\x06blksize\0${size}\0`, 'latin1'), client.port, client.address);
      else send(3, block & 0xffff, content.subarray((block - 1) * size, block * size));
    };
    answer.on('message', (message) => {
      if (message.readUInt16BE(0) !== 4) return void answer.close();
      if (message.readUInt16BE(2) !== (block & 0xffff)) return;
      if (block > 0 && block * size > content.length) return void answer.close();
      block += 1;
      next();
    });
    next();
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  return { port: server.address().port, commands, close: () => server.close() };
}
