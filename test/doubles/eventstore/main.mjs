#!/usr/bin/env node
import { EventStoreDouble, VERSION } from './server.js';

const at = process.argv.indexOf('--port');
const double = await EventStoreDouble.start({ port: at === -1 ? 0 : Number(process.argv[at + 1]) });
console.log(`${double.url}`);
console.log(`Event store double ${VERSION}: for tests. Its log is in memory, and gone when it stops.`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void double.stop().then(() => process.exit(0)));
