import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import {
  EventCodec,
  EventLog,
  keepHeadsIn,
  openEventStoreDb,
  openMongoSnapshots,
  UnknownEvent,
  writeChains,
  type ChainWriterOptions,
} from '#event-store';
import { openBullMqJobs } from '#jobs';
import { randomIds, systemClock } from '#kernel';
import { connectMongo, lacksOf } from '#mongo';
import { openMongoProjectionStore, openMongoReadStore, openMongoStandingBuilds } from '#read-store';
import { BadSetting, type Servers, type Settings } from '#settings';
import { argon2Hasher, loadMasterKey, openMongoVault } from '#vault';
import { eventDefinitions, projections } from './catalogue.js';
import { Opened } from './opened.js';
import { masterKeySource, openMailer } from './installation.js';
import { mongoErasureLedger } from './mongo-erasure-ledger.adapter.js';
import { mongoLeases } from './mongo-leases.adapter.js';
import { mongoProjectorDesk } from './mongo-projector-desk.adapter.js';
import type { OpenOptions, Parts, ServerParts } from './parts.js';
import { dataFiles } from './paths.js';
import type { Projector } from './projector.adapter.js';
import { ALL_ROLES } from './roles.js';
import { runProjector, watchedProjector } from './running-projector.js';
import { enter, settlementOf } from './settlement.adapter.js';

type ChainedLog = ChainWriterOptions['store'];

/** Name of the vault's secret that signs where chains end. */
export const CHAIN_KEY = 'chain-heads';

/** Opens the distributed profile: stores on servers that other processes use at the same time. Rejects where one cannot be reached, or lacks what is needed. */
export const openDistributed = (settings: Settings, options: OpenOptions): Promise<ServerParts> =>
  Opened.all((opened) => open(settings, options, opened));

async function open(
  settings: Settings,
  { roles = ALL_ROLES, clock = systemClock, ids = randomIds, tickMs, unsettled = false, onError }: OpenOptions,
  opened: Opened,
): Promise<ServerParts> {
  const servers = serversOf(settings);
  const masterKey = await loadMasterKey(masterKeySource(settings));
  const tell = (what: string, reason: string): void => onError(new Error(reason), what, false);
  const closeIt = (port: { close(): Promise<void> }): Promise<void> => port.close();

  const mongo = await opened.add(connectMongo(servers.mongodb, { onError: (reason) => tell('MongoDB', reason) }), closeIt);
  const db = mongo.db();
  for (const lack of await lacksOf(db)) tell('MongoDB', `the server lacks: ${lack}`);
  const store = await opened.add(
    openEventStoreDb({
      url: servers.eventStore,
      onError: ({ doing, reason }) => tell('EventStoreDB', `${doing}: ${reason}`),
      ...(tickMs === undefined ? {} : { tickMs }),
    }),
    closeIt,
  );
  const vault = await opened.add(openMongoVault({ db, masterKey, clock }), closeIt);
  const holder = ids();
  const name = `${[...roles].join(', ') || 'a command'} on ${hostname()}`;
  if (!unsettled) await opened.add(enter({ db, holder }, name, store, vault), (life) => life.stop());
  const readStore = await opened.add(openMongoReadStore({ db }), closeIt);
  const codec = new EventCodec(eventDefinitions, vault.keys);
  const leases = mongoLeases({ db, holder });
  const desk = mongoProjectorDesk({ db, clock });
  const writeChain = roles.has('projector') ? await chains(settings, { store, vault, clock, onError }) : null;
  const projector: Projector = await opened.add(
    roles.has('projector')
      ? runProjector({
          log: store,
          codec,
          store: openMongoProjectionStore({ db }),
          leases,
          projections,
          onError: ({ kind, reason, projection, position }) =>
            tell(`projection ${projection} at ${position}`, `${kind}: ${reason}`),
          onOutage: (error) => onError(error, 'the projector waits for a store that is away', false),
          onFailure: (error) => onError(error, 'the projector has ended', !(error instanceof UnknownEvent)),
          alongside: [...(writeChain ? [writeChain] : []), (held) => desk.serve(projector, held)],
        })
      : watchedProjector(store, readStore),
    (running) => running.stop(),
  );
  const jobs = await opened.add(
    openBullMqJobs({
      url: servers.redis,
      prefix: servers.redisPrefix,
      clock: () => store.now(),
      onError: (error, key) => onError(error, `job ${key}`, false),
    }),
    (running) => running.stop(),
  );
  const ledger = mongoErasureLedger(mongo.db(`${db.databaseName}-erased`), clock);
  return {
    settings,
    roles,
    clock,
    ids,
    store,
    codec,
    log: new EventLog(store, codec),
    snapshots: await openMongoSnapshots({ db }),
    vault,
    readStore,
    projector,
    jobs,
    mailer: await openMailer(settings, clock),
    passwords: argon2Hasher({}),
    ledger,
    leases,
    standing: openMongoStandingBuilds({ db }),
    desk,
    settlement: settlementOf({ db, masterKey, clock }, () => ledger.erased()),
    close: () => opened.close(),
  };
}

/** COR-25: this store makes no chain of its own. Each signed head goes into a file too, outside of the log. */
async function chains(
  { dataDir }: Settings,
  {
    store,
    vault,
    clock,
    onError,
  }: Pick<Parts, 'vault' | 'clock'> & Pick<OpenOptions, 'onError'> & { readonly store: ChainedLog },
): Promise<(held: AbortSignal) => Promise<void>> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const key = await vault.secrets.obtain(CHAIN_KEY);
  const onHead = keepHeadsIn(dataFiles(dataDir).heads, clock);
  return (held) => writeChains({ store, key, onHead, onError: (error) => onError(error, 'the chain', false) }, held);
}

function serversOf({ servers }: Settings): Servers {
  if (!servers) throw new BadSetting('WHITEBOOK_PROFILE: the embedded profile has no servers');
  return servers;
}
