import { mkdtemp } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApplication, createLogger } from '#http';
import { addSeconds, type Clock, type Instant } from '#kernel';
import { Background, makeOperator, projections, WhitebookModule, type Parts } from '#profile';
import { readSettings, type Settings } from '#settings';
import { Api, type Reply, type Trail, type Witness } from './api.js';
import { conformanceTo } from './openapi-conformance.js';
import { clearStage, openParts, stageOf } from './stage.js';

export const OPERATOR = { email: 'operator@platform.example', password: 'quiet-harbour-41' };

/** A clock that a test moves by hand. It runs on with real time, so that nothing stands still that should not. */
export class TestClock {
  private ahead = 0;
  /** Where it was moved last. */
  moved: Instant = '';
  readonly now: Clock = () => new Date(Date.now() + this.ahead * 1000).toISOString();
  /** Moves the clock on (or back) by seconds. */
  move(seconds: number): Instant {
    this.ahead += seconds;
    return (this.moved = this.now());
  }
  moveTo(moment: Instant): void {
    this.move((Date.parse(moment) - Date.parse(this.now())) / 1000);
  }
  in(seconds: number): Instant {
    return addSeconds(this.now(), seconds);
  }
}

export interface WhitebookOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly dataDir?: string;
  readonly clock?: TestClock;
  /** Gets every line that is logged, at `trace`. */
  readonly logged?: (line: string) => void;
}

/** The whole application in this process, on a folder and a port of its own. Tests speak HTTP to it. */
export class Whitebook {
  /** What the OpenAPI document says against answers that were given: none at the end of a suite. */
  readonly complaints: string[] = [];
  /** `METHOD /path` with ids, and status, of everything that was answered. */
  readonly exchanges: { method: string; path: string; status: number }[] = [];

  private constructor(
    readonly app: NestFastifyApplication,
    readonly parts: Parts,
    readonly clock: TestClock,
    readonly base: string,
    readonly dataDir: string,
  ) {}

  static async start({ environment = {}, dataDir, clock = new TestClock(), logged }: WhitebookOptions = {}): Promise<Whitebook> {
    const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'whitebook-e2e-')));
    const settings: Settings = readSettings({
      WHITEBOOK_DATA_DIR: folder,
      WHITEBOOK_OPERATOR_EMAIL: OPERATOR.email,
      WHITEBOOK_OPERATOR_PASSWORD: OPERATOR.password,
      PORT: '0',
      LOG_LEVEL: 'silent',
      ...(await stageOf(folder, clock.now)),
      ...environment,
    });
    const parts = await openParts(settings, {
      clock: clock.now,
      onError: (error, what, fatal) => {
        if (fatal) throw new Error(what, { cause: error });
      },
    });
    let port = 0;
    const app = await createApplication(
      WhitebookModule.over(parts, () => port),
      {
        logger: createLogger(logged ? { level: 'trace', destination: { write: logged } } : { level: 'silent' }),
        trustedProxies: settings.trustedProxies,
      },
    );
    await app.get(Background, { strict: false }).start();
    await app.listen(0, '127.0.0.1');
    port = (app.getHttpServer().address() as AddressInfo).port;
    await makeOperator(app, parts);
    const whitebook = new Whitebook(app, parts, clock, `http://127.0.0.1:${port}`, folder);
    await whitebook.watch();
    return whitebook;
  }

  private readonly witness: Witness = {};
  private readonly trail: Trail = new Map();

  /** Holds every answer against the document that the service itself gives. */
  private async watch(): Promise<void> {
    const document = (await new Api(this.base).get('/openapi.json')).body;
    const check = conformanceTo(document as never);
    this.witness.before = () => this.hasHeardTheTime();
    this.witness.after = async ({ method, path, reply }) => {
      this.exchanges.push({ method, path, status: reply.status });
      const complaints = check({ method, path, status: reply.status, headers: reply.headers, body: bodyOf(reply) });
      this.complaints.push(...complaints.map((complaint) => `${method} ${path} ${reply.status}: ${complaint}`));
      // What says not where it stands (a log-in, an acceptance) is another's write to everybody: within a second they see it, and tests wait here.
      if (method !== 'GET' && reply.status < 300 && reply.headers['position'] === undefined) await this.caughtUp();
    };
  }

  /** A store on a server learns of the time from what was recorded last: late by a second, which here may be days. */
  private async hasHeardTheTime(): Promise<void> {
    const { clock, parts } = this;
    if (parts.store.now() < clock.moved) await until('the time', async () => parts.store.now() >= clock.moved);
  }

  private async caughtUp(): Promise<void> {
    const head = await this.parts.store.head();
    await this.parts.readStore.reached(
      projections.map(({ name }) => name),
      head,
      1_000,
    );
  }

  /** A caller without a credential. */
  get api(): Api {
    return new Api(this.base, this.witness, {}, this.trail);
  }

  /** A caller with the session of whoever logs in. */
  async signIn(credentials: object, headers: Readonly<Record<string, string>> = {}): Promise<Api> {
    const reply = await this.api.post('/v1/sessions', credentials, { headers });
    if (reply.status !== 201) throw new Error(`log-in was answered ${reply.status}: ${reply.text}`);
    return this.api.as(String(reply.body['token']));
  }

  /** Ends the process's part; the folder stays until `remove`. */
  async stop(): Promise<void> {
    await this.app.get(Background, { strict: false }).stop();
    await this.app.close();
    await this.parts.close();
  }

  async remove(): Promise<void> {
    await clearStage(this.dataDir);
  }
}

const bodyOf = ({ headers, body, text }: Reply): unknown =>
  text === '' ? undefined : (headers['content-type'] ?? '').includes('json') ? body : text;

/** Waits until `probe` gives something but null or false; fails after `seconds` with what was waited for. */
export async function until<T>(what: string, probe: () => Promise<T | null | false>, seconds = 25): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for: ${what}`);
    await new Promise((resolve) => setImmediate(() => setTimeout(resolve, 10)));
  }
}
