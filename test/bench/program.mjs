// The built program as a child process, and a caller of its API.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const OPERATOR = { email: 'operator@bench.example', password: 'quiet-harbour-41' };
export const OWNER = { workspace: 'bench', email: 'owner@bench.example', password: 'quiet-harbour-42' };

/** What `npm start` gives to node. */
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const NODE_OPTIONS = scripts.start.split(' ').filter((word) => word.startsWith('--'));

/** Starts a script and waits for `listening on URL`; gives its address, how long that took, and how to end it. */
export async function startChild(script, { env = {}, nodeOptions = [] } = {}) {
  const began = performance.now();
  const child = spawn(process.execPath, [...nodeOptions, script], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const base = await new Promise((resolve, reject) => {
    let head = '';
    const read = (text) => {
      head += text;
      const found = /listening on (http:\S+)/.exec(head);
      if (!found) return;
      child.stdout.off('data', read).resume(); // logs are read and thrown away, as a collector would
      resolve(found[1]);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)));
  });
  return {
    base,
    startMs: performance.now() - began,
    residentMb: () => residentMb(child.pid),
    cpuMs: () => cpuMs(child.pid),
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

export const startProgram = (dataDir, { nodeOptions = [], ...options } = {}) =>
  startChild(join(root, 'dist/apps/whitebook/src/main.js'), {
    ...options,
    nodeOptions: [...NODE_OPTIONS, ...nodeOptions],
    env: {
      PORT: '0',
      WHITEBOOK_DATA_DIR: dataDir,
      WHITEBOOK_OPERATOR_EMAIL: OPERATOR.email,
      WHITEBOOK_OPERATOR_PASSWORD: OPERATOR.password,
      WHITEBOOK_DEMO: 'false',
      ...options.env,
    },
  });

/** Megabytes that the process holds; null where the system does not tell. */
function residentMb(pid) {
  try {
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
  } catch {
    return null;
  }
}

/** Milliseconds of processor time that the process has used, all threads together; null where the system does not tell. */
function cpuMs(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return null;
  }
}

export async function call(base, token, method, path, body) {
  const response = await fetch(base + path, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
  return text.startsWith('{') ? JSON.parse(text) : {};
}

export const logIn = async (base, credentials) => (await call(base, null, 'POST', '/v1/sessions', credentials)).token;

/** Resolves with what `probe` gives once that is not null. */
export async function until(probe, seconds = 60) {
  for (const deadline = Date.now() + seconds * 1000; ;) {
    const found = await probe();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for ${probe}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
