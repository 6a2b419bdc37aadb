// How soon the program answers, and what it holds when nobody asks it anything.
import { tell } from './table.mjs';

/** Seconds after which the young generation, which is large after the start, is given back by itself. */
const REST_SECONDS = 20;

/** The aims are milliseconds to listening, and megabytes at rest; none where there are none. */
export async function starts(start, { listenMs, restMb, restSeconds = REST_SECONDS } = {}) {
  const program = await start();
  const began = performance.now();
  while ((await fetch(`${program.base}/ready`)).status !== 200);
  tell('start to listening', program.startMs, 'ms', most(listenMs));
  tell('start to ready', program.startMs + performance.now() - began, 'ms');
  await new Promise((resolve) => setTimeout(resolve, restSeconds * 1000));
  const resident = program.residentMb();
  if (resident) tell('memory at rest', resident, 'MB', { ...most(restMb), note: `after ${restSeconds} s` });
  await program.stop();
}

const most = (amount) => (amount === undefined ? {} : { aim: { most: amount } });
