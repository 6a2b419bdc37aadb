import { openEmbedded } from '#profile';
import { readSettings } from '#settings';
const t = performance.now();
const parts = await openEmbedded(readSettings({ WHITEBOOK_DATA_DIR: process.argv[2] }), {
  dist: process.cwd() + '/dist',
  onError: (e, w) => console.log(e, w),
});
const head = await parts.store.head();
console.log('open', performance.now() - t, head);
while (!(await parts.readStore.reached(['accounts', 'workspaces', 'history'], head, 10_000))) {
  console.log((await parts.readStore.checkpoint('accounts')).position, (performance.now() - t) | 0);
}
console.log('reached', performance.now() - t);
await parts.projector.lag();
console.log('lag answered', performance.now() - t);
await parts.close();
