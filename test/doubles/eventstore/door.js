import { createServer, connect } from 'node:net';

/** The double's socket to the world: what comes in goes on to the server behind it, unless a fault is asked for. */
export class Door {
  pairs = new Set();
  stalled = false;
  port = 0;
  /** How often all connections were cut. */
  cuts = 0;

  constructor(backend) {
    this.backend = backend;
  }

  /** Listens on 127.0.0.1; port 0 takes a free one, and the same one from then on. */
  async open(port = this.port) {
    this.listener = createServer((socket) => this.admit(socket));
    await new Promise((resolve, reject) => {
      this.listener.once('error', reject);
      this.listener.listen(port, '127.0.0.1', resolve);
    });
    this.port = this.listener.address().port;
  }

  /** Nobody gets in, and whoever is in is thrown out. */
  async shut() {
    const closed = new Promise((resolve) => this.listener.close(resolve));
    this.cut();
    await closed;
  }

  /** Ends all connections, without a word. */
  cut() {
    this.cuts += 1;
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  /** As a process that is stopped: connections stand, and nothing comes out of them or goes in, until it goes on. */
  stall() {
    this.stalled = true;
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  resume() {
    this.stalled = false;
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  admit(outside) {
    const inside = connect(this.backend(), '127.0.0.1');
    const pair = [outside, inside];
    this.pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    }
    this.pass(outside, inside);
    this.pass(inside, outside);
    if (this.stalled) for (const socket of pair) socket.pause();
  }

  pass(from, to) {
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      if (!this.stalled) from.resume();
    });
  }
}
