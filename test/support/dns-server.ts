import { createSocket, type Socket } from 'node:dgram';

/** Records that the server has, by `TYPE name`; `fail` for a server that fails (SERVFAIL). */
export type Zone = Record<string, readonly string[] | 'fail'>;

const TYPES: Readonly<Record<number, string>> = { 5: 'CNAME', 16: 'TXT' };
const HEADER = 12;
const SERVFAIL = 2;
const NXDOMAIN = 3;

/** A name server for tests, on 127.0.0.1: answers TXT and CNAME from a zone. */
export class DnsServer {
  private constructor(
    private readonly socket: Socket,
    readonly address: string,
  ) {}

  static async open(zone: Zone): Promise<DnsServer> {
    const socket = createSocket('udp4');
    socket.on('message', (query, { port, address }) => socket.send(reply(query, zone), port, address));
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new DnsServer(socket, `127.0.0.1:${socket.address().port}`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }
}

function reply(query: Buffer, zone: Zone): Buffer {
  const labels: string[] = [];
  let at = HEADER;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('ascii', at + 1, at + 1 + length));
    at += length + 1;
  }
  const type = TYPES[query.readUInt16BE(at + 1)] ?? '';
  const question = query.subarray(HEADER, at + 5);
  const name = labels.join('.').toLowerCase();
  const records = zone[`${type} ${name}`];
  const known = Object.keys(zone).some((key) => key.endsWith(` ${name}`));
  const code = records === 'fail' ? SERVFAIL : known ? 0 : NXDOMAIN;
  const answers = Array.isArray(records) ? (records as string[]).map((record) => answer(type, record)) : [];
  const header = Buffer.alloc(HEADER);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  return Buffer.concat([header, question, ...answers]);
}

function answer(type: string, record: string): Buffer {
  const data = type === 'TXT' ? characterStrings(record) : domainName(record);
  const head = Buffer.from([0xc0, HEADER, 0, type === 'TXT' ? 16 : 5, 0, 1, 0, 0, 0, 0, 0, 0]);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

const lengthAnd = (part: Buffer): Buffer => Buffer.concat([Buffer.from([part.length]), part]);

/** A text as DNS carries it: in parts of at most 255 bytes; here of 40, so that every record has several. */
function characterStrings(text: string): Buffer {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 40) parts.push(lengthAnd(bytes.subarray(at, at + 40)));
  return Buffer.concat(parts);
}

const domainName = (name: string): Buffer =>
  Buffer.concat([...name.split('.').map((label) => lengthAnd(Buffer.from(label))), Buffer.from([0])]);
