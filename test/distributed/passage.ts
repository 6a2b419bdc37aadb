import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server that a test can cut, and halt. */
export class Passage {
  private readonly sockets = new Set<Socket>();
  private state: 'open' | 'halted' | 'cut' = 'open';
  private readonly server: Server;

  private constructor(
    private readonly host: string,
    private readonly port: number,
  ) {
    this.server = createServer((from) => this.take(from));
  }

  /** To the server of an address with a host and a port. */
  static async to(url: string): Promise<Passage> {
    const { hostname, port } = new URL(url);
    const passage = new Passage(hostname, Number(port));
    passage.server.listen(0, '127.0.0.1');
    await once(passage.server, 'listening');
    return passage;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Connections break, and no other is taken. */
  cut(): void {
    this.state = 'cut';
    for (const socket of this.sockets) socket.destroy();
  }

  /** Connections stay, and nothing comes through. */
  halt(): void {
    this.state = 'halted';
    for (const socket of this.sockets) socket.pause();
  }

  open(): void {
    this.state = 'open';
    for (const socket of this.sockets) socket.resume();
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private take(from: Socket): void {
    if (this.state === 'cut') return void from.destroy();
    const to = connect(this.port, this.host);
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ] as const) {
      this.sockets.add(socket);
      socket.on('data', (chunk: Buffer) => other.write(chunk));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      if (this.state === 'halted') socket.pause();
    }
  }
}
