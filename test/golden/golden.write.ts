import { eventDefinitions } from '#profile';
import { writeMissing } from './golden.js';

/** `npm run golden`: no test, but run by jest like one, since it needs the sources as tests do. */
it('writes the golden file of every event version that has none', async () => {
  const written = await writeMissing(eventDefinitions);
  process.stdout.write(written.length === 0 ? 'every event version has its golden file\n' : `${written.join('\n')}\n`);
});
