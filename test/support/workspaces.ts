import { Global, Module, type DynamicModule } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  claimEvents,
  CLOCK,
  CommandRunner,
  IDS,
  MAILER,
  PASSWORDS,
  READ_STORE,
  Resources,
  SETTINGS,
  StreamLoader,
  VAULT,
} from '#commands';
import { EventCodec, EventLog, MemoryEventStore } from '#event-store';
import {
  AUTHENTICATOR,
  createApplication,
  createLogger,
  FINGERPRINTS,
  Reads,
  ReplayBook,
  REPLAYS,
  type Authenticator,
} from '#http';
import { canonicalJson, PLATFORM, refuseField } from '#kernel';
import { MailFailed, type Mail, type Mailer, type Transport } from '#mail';
import type { Principal, PrincipalRole } from '#policy';
import type { Find, ReadStore, Row } from '#read-store';
import { readSettings } from '#settings';
import { memoryVault, type Vault } from '#vault';
import {
  CreateWorkspaceOwner,
  OWNER_RULES,
  ownerSecretName,
  PORT_IN_USE,
  Workspaces,
  workspaceEvents,
  WorkspacesModule,
} from '#workspaces';
import { DnsServer, type Zone } from './dns-server.js';

const NOON = '2026-01-31T12:00:00.000Z';

/** A mailer that keeps what it is given, or answers as it is told. */
export class KeptMails implements Mailer {
  installation = true;
  readonly sent: { mail: Mail; transport: Transport }[] = [];
  failure: string | null = null;

  async send(mail: Mail, transport: Transport): Promise<string> {
    if (this.failure !== null) throw new MailFailed(this.failure, true);
    this.sent.push({ mail, transport });
    return `250 2.0.0 queued for <${mail.to.address}>`;
  }
  async forget(): Promise<void> {}
}

/** Workspaces in memory behind HTTP. Callers are told by their token: `<role>@<workspace>`. */
export class WorkspacesPlace {
  readonly vault: Vault = memoryVault({ clock: () => NOON });
  readonly mails = new KeptMails();
  /** What the name server says. */
  readonly zone: Zone = {};
  /** Owners that were asked for; `ownersDown` makes asking fail. */
  readonly owners: CreateWorkspaceOwner[] = [];
  ownersDown = false;
  rows: Row[] = [];
  /** The cursor that the store gives of the next page. */
  next: string | null = null;
  readonly finds: Find[] = [];
  readonly store = new MemoryEventStore({ clock: () => NOON, atomic: true });
  readonly log = new EventLog(this.store, new EventCodec([...claimEvents, ...workspaceEvents], this.vault.keys));
  app: NestFastifyApplication;
  dns: DnsServer;
  private ids = 0;

  private constructor(readonly platformHost: string) {}

  static async open(platformHost = 'localhost'): Promise<WorkspacesPlace> {
    const place = new WorkspacesPlace(platformHost);
    for (const person of ['operator', 'owner', 'admin']) await place.vault.keys.insert(person);
    place.dns = await DnsServer.open(place.zone);
    place.app = await createApplication(placeModule(place), { logger: createLogger({ level: 'silent' }) });
    return place;
  }

  get workspaces(): Workspaces {
    return this.app.get(Workspaces, { strict: false });
  }
  get resources(): Resources {
    return this.app.get(Resources, { strict: false });
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.dns.close();
  }

  readonly nextId = (): string => (++this.ids).toString(16).padStart(32, '0');

  async ask(token: string, method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, body?: object, headers = {}) {
    const response = await this.app.inject({
      method,
      url,
      headers: { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    return {
      status: response.statusCode,
      headers: response.headers,
      body: response.body === '' ? undefined : response.json<Record<string, unknown>>(),
    };
  }
}

const authenticator: Authenticator = {
  async authenticate(token): Promise<Principal | null> {
    const [role, workspace = PLATFORM] = token.split('@');
    if (role === undefined || !['operator', 'owner', 'admin', 'manager', 'auditor', 'user'].includes(role)) return null;
    return { account: role, role: role as PrincipalRole, workspace, credential: token, kind: 'full' };
  },
};

@CommandHandler(CreateWorkspaceOwner)
class OwnerHandler implements ICommandHandler<CreateWorkspaceOwner> {
  constructor(private readonly place: WorkspacesPlace) {}

  async execute(command: CreateWorkspaceOwner): Promise<void> {
    if (this.place.ownersDown) throw new Error('cut off');
    this.place.owners.push(command);
    await this.place.vault.secrets.remove(ownerSecretName(command.owner.workspace));
  }
}

@Global()
@Module({})
class Ground {}

@Module({})
class Place {}

function placeModule(place: WorkspacesPlace): DynamicModule {
  const { vault, log, store, mails } = place;
  const settings = readSettings({
    WHITEBOOK_PLATFORM_HOST: place.platformHost,
    WHITEBOOK_MAIL: 'none',
    WHITEBOOK_DNS_SERVERS: place.dns.address,
  });
  const resources = new Resources(log, store.snapshots);
  const loader = new StreamLoader(log, store.snapshots, vault.keys);
  const runner = new CommandRunner(log, loader, resources, vault.answers);
  const checkOwner = ({ email }: { email: string }): void => {
    if (!email.includes('@')) throw refuseField('/owner/email', 'invalid-email', 'is not an email address');
  };
  const provide: Record<symbol, unknown> = {
    [CLOCK]: () => NOON,
    [IDS]: place.nextId,
    [SETTINGS]: settings,
    [VAULT]: vault,
    [PASSWORDS]: { hash: async (password: string) => `hash of ${password.length}`, verify: async () => false },
    [READ_STORE]: readStoreOf(place),
    [MAILER]: mails,
    [PORT_IN_USE]: () => 3000,
    [OWNER_RULES]: { check: checkOwner },
    [AUTHENTICATOR]: authenticator,
    [FINGERPRINTS]: { of: async (body: unknown) => canonicalJson(body) },
  };
  const values = Object.getOwnPropertySymbols(provide).map((token) => ({ provide: token, useValue: provide[token] }));
  const classes = [
    { provide: EventLog, useValue: log },
    { provide: Resources, useValue: resources },
    { provide: CommandRunner, useValue: runner },
    { provide: WorkspacesPlace, useValue: place },
    Reads,
    ReplayBook,
    { provide: REPLAYS, useExisting: ReplayBook },
  ];
  const ground: DynamicModule = {
    module: Ground,
    providers: [...values, ...classes, OwnerHandler],
    exports: [...values, ...classes],
  };
  return { module: Place, imports: [ground, WorkspacesModule] };
}

/** Rows as they are set, for reads that must not be asked for more. */
const readStoreOf = (place: WorkspacesPlace): Pick<ReadStore, 'reached' | 'checkpoint' | 'find'> => ({
  reached: async (_projections, position) => position <= 1_000,
  checkpoint: async () => ({ position: 7, eventId: null }),
  find: async (query) => {
    place.finds.push(query);
    return { rows: place.rows, next: place.next };
  },
});
