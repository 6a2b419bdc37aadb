/** A worker that is killed in the middle of its job, as often as it is told: `node crashing-worker.mjs URL PREFIX FILE live|die`. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { openBullMqJobs } from '#jobs';
import { systemClock } from '#kernel';

const [url, prefix, file, fate] = process.argv.slice(2);
const jobs = await openBullMqJobs({ url, prefix, clock: systemClock, lockMs: 500, onError: () => undefined });
jobs.handle('remind', async () => {
  appendFileSync(file, 'begun\n');
  const isDone = existsSync(file) && readFileSync(file, 'utf8').includes('done');
  if (!isDone) appendFileSync(file, 'done\n');
  if (fate === 'die') process.kill(process.pid, 'SIGKILL');
});
await jobs.start();
process.on('SIGTERM', () => void jobs.stop().then(() => process.exit(0)));
