import { Agent, request } from 'node:http';

export type Fields = Readonly<Record<string, unknown>>;

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What the body says, where it is JSON; else an empty object. */
  readonly body: Fields;
  readonly text: string;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is, instead of a JSON body. */
  readonly raw?: string | Buffer;
}

export interface Witness {
  /** Before every request, which waits for it. */
  before?(): Promise<void>;
  /** Told of every exchange: the conformance check listens. */
  after?(exchange: { readonly method: string; readonly path: string; readonly reply: Reply }): void | Promise<void>;
}

/** Where the last write of each caller stands: shared by all who call one installation. */
export type Trail = Map<string, string>;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * A caller of the API: speaks HTTP and nothing else. Of an API that several processes answer it asks one after the other, and tells each of them
 * where its own last write stands, since only the one that took it knows.
 */
export class Api {
  private readonly bases: readonly string[];
  private sent = 0;

  constructor(
    bases: string | readonly string[],
    private readonly witness: Witness = {},
    readonly fixed: Readonly<Record<string, string>> = {},
    private readonly trail: Trail = new Map(),
    private readonly agent = new Agent({ keepAlive: true, maxSockets: 200 }),
  ) {
    this.bases = [bases].flat();
  }

  /** Where it answers; the first of several. */
  get base(): string {
    return this.bases[0] ?? '';
  }

  /** The same caller with a token, or with other headers on every call. */
  as(token: string): Api {
    return this.with({ authorization: `Bearer ${token}` });
  }
  with(headers: Readonly<Record<string, string>>): Api {
    return new Api(this.bases, this.witness, { ...this.fixed, ...headers }, this.trail, this.agent);
  }

  get(path: string, options?: CallOptions): Promise<Reply> {
    return this.call('GET', path, undefined, options);
  }
  post(path: string, body?: unknown, options?: CallOptions): Promise<Reply> {
    return this.call('POST', path, body, options);
  }
  put(path: string, body?: unknown, options?: CallOptions): Promise<Reply> {
    return this.call('PUT', path, body, options);
  }
  patch(path: string, body?: unknown, options?: CallOptions): Promise<Reply> {
    return this.call('PATCH', path, body, options);
  }
  delete(path: string, body?: unknown, options?: CallOptions): Promise<Reply> {
    return this.call('DELETE', path, body, options);
  }

  async call(method: Method, path: string, body?: unknown, { headers = {}, raw }: CallOptions = {}): Promise<Reply> {
    await this.witness.before?.();
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const type: Record<string, string> =
      payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) };
    const reply = await this.send(method, path, { ...type, ...this.othersWrites(method), ...this.fixed, ...headers }, payload);
    this.note(method, reply);
    await this.witness.after?.({ method, path, reply });
    return reply;
  }

  /** A read waits for the last write of somebody else: of its own the service must think by itself, where it is one process. */
  private othersWrites(method: Method): Record<string, string> {
    const { authorization } = this.fixed;
    if (method !== 'GET' || authorization === undefined) return {};
    const oneProcess = this.bases.length === 1;
    const others = [...this.trail].filter(([writer]) => !oneProcess || writer !== authorization).map(([, position]) => position);
    return others.length === 0 ? {} : { 'min-position': others.reduce(laterOf) };
  }

  /** Answers to requests that were sent at once come in any order. */
  private note(method: Method, { headers }: Reply): void {
    const { position } = headers;
    if (method === 'GET' || position === undefined) return;
    const writer = this.fixed['authorization'] ?? '';
    this.trail.set(writer, laterOf(this.trail.get(writer) ?? position, position));
  }

  private send(method: Method, path: string, headers: Record<string, string>, payload?: string | Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const base = this.bases[this.sent++ % this.bases.length] ?? '';
      const sent = request(`${base}${path}`, { method, headers, agent: this.agent }, (message) => {
        const parts: Buffer[] = [];
        message.on('data', (part: Buffer) => parts.push(part));
        message.on('error', reject);
        message.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          const flat = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]));
          resolve({ status: message.statusCode ?? 0, headers: flat, body: parsed(flat['content-type'] ?? '', text), text });
        });
      });
      sent.on('error', reject);
      sent.end(payload);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

const laterOf = (one: string, other: string): string => (Number.parseInt(other, 36) > Number.parseInt(one, 36) ? other : one);

const parsed = (type: string, text: string): Fields => (type.includes('json') && text !== '' ? (JSON.parse(text) as Fields) : {});

/** The value at a path of names and indexes (`account.id`, `items.0.email`); undefined where there is none. */
export const at = (reply: Pick<Reply, 'body'>, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Fields | null | undefined)?.[name], reply.body);

/** The text at a path; fails where there is none. */
export function textAt(reply: Pick<Reply, 'body'>, path: string): string {
  const value = at(reply, path);
  if (typeof value !== 'string') throw new Error(`no text at ${path}: ${JSON.stringify(reply.body).slice(0, 300)}`);
  return value;
}

/** The items of a list. */
export const itemsOf = (reply: Pick<Reply, 'body'>): readonly Fields[] => reply.body['items'] as readonly Fields[];
