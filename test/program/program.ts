import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../support/api.js';

export const OPERATOR = { email: 'operator@platform.example', password: 'quiet-harbour-41' };
const MAIN = 'dist/apps/whitebook/src/main.js';
const START_SECONDS = 60;

export type Environment = Readonly<Record<string, string>>;
/** Nothing of the tester's own settings. */
const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const tempFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'whitebook-program-'));
export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

/** The built program as a process of its own. */
export class Program {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;

  private constructor(readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(child, 'close').then(([code, signal]: (number | string | null)[]) => ({
      code: typeof code === 'number' ? code : null,
      signal: typeof signal === 'string' ? signal : null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** A process of `script` with these settings and no others; it may end at once. */
  static spawn(environment: Environment, script = MAIN, args: readonly string[] = []): Program {
    const env = { ...inherited, PORT: '0', LOG_LEVEL: 'fatal', ...environment };
    return new Program(spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  /** Resolves once it listens. By default on a folder of `dataDir`, with an operator from the environment. */
  static async start(dataDir: string, environment: Environment = {}, script?: string): Promise<Program> {
    const { email, password } = OPERATOR;
    const operator = { WHITEBOOK_OPERATOR_EMAIL: email, WHITEBOOK_OPERATOR_PASSWORD: password };
    const program = Program.spawn({ WHITEBOOK_DATA_DIR: dataDir, ...operator, ...environment }, script);
    await program.says(/^Whitebook listening on /m);
    return program;
  }

  get base(): string {
    const base = /^Whitebook listening on (http:\S+)$/m.exec(this.stdout)?.[1];
    if (base === undefined) throw new Error('the program does not listen');
    return base;
  }

  get api(): Api {
    return new Api(this.base);
  }

  /** A caller with the session of whoever logs in; waits for the operator, who is made right after the start. */
  async signIn(credentials: object, headers: Environment = {}): Promise<Api> {
    const reply = await until('a log-in', async () => {
      const answer = await this.api.post('/v1/sessions', credentials, { headers });
      return answer.status === 201 && answer;
    });
    return this.api.as(String(reply.body['token'])).with(headers);
  }

  /** Resolves once its output matches; fails where it ends before. */
  async says(pattern: RegExp): Promise<void> {
    let over = false;
    void this.ended.then(() => (over = true));
    await until(
      `output ${pattern}`,
      async () => {
        if (pattern.test(this.stdout)) return true;
        if (over) throw new Error(`the program ended: ${this.stderr}${this.stdout}`);
        return false;
      },
      START_SECONDS,
    );
  }

  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** One command of the command line. */
export const whitebook = (dataDir: string, ...args: string[]): Promise<Ended> =>
  Program.spawn({ WHITEBOOK_DATA_DIR: dataDir }, 'dist/apps/whitebook/src/cli.js', args).ended;

/** Seconds that a script may take. */
const SCRIPT_SECONDS = 60;

/** A bash script with its output; killed where it takes too long. */
export async function bash(script: string, environment: Environment = {}): Promise<Ended> {
  const child = spawn('bash', ['-eo', 'pipefail', '-c', script], {
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: SCRIPT_SECONDS * 1000,
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, signal: null, ...texts };
}

/** Waits until `probe` gives something but null or false; fails after `seconds` with what was waited for. */
export async function until<T>(what: string, probe: () => Promise<T | null | false>, seconds = 20): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
