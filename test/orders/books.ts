import type { AccountCommand } from '#accounts';
import type { StoredEvent } from '#event-store';
import type { Sent } from './world.js';

interface Held {
  made: boolean;
  gone: boolean;
  role: string;
  active: boolean;
  email: string;
  slots: number;
  credential: string | null;
  readonly kept: Map<string, number>;
  readonly void: Set<string>;
}

interface Counted {
  readonly holder: string;
  left: number;
}

interface Parsed {
  readonly data: {
    claim?: string;
    holder?: string;
    amount?: number;
    left?: number;
    role?: string;
    botSlots?: number;
    credential?: string;
    quotas?: { botSlots: number };
    to?: string | { botSlots: number };
  };
  readonly metadata: {
    commandId: string | null;
    claims?: { taken?: Record<string, number>; kept?: Record<string, number> };
  };
}

const nobody = (): Held => ({
  made: false,
  gone: false,
  role: '',
  active: false,
  email: '',
  slots: 0,
  credential: null,
  kept: new Map(),
  void: new Set(),
});
const resourceOf = (claim: string): string => claim.split('/').slice(1, -1).join('/');
const isPool = (claim: string): boolean => resourceOf(claim).startsWith('pool');

/** The books as an auditor keeps them: from the stored events alone, knowing nothing of how the code reads them. */
export class Books {
  readonly accounts = new Map<string, Held>();
  readonly resources = new Map<string, Map<string, Counted>>();
  /** How often a command was decided. */
  readonly decided = new Map<string, number>();
  private owned = false;

  constructor(
    private readonly slots: number,
    private readonly sent: ReadonlyMap<string, Sent>,
  ) {}

  take(event: StoredEvent): void {
    if (/^(pool|email|username|owners)-/.test(event.stream)) this.count(event);
    else this.hold(event);
  }

  /** What is wrong at this moment; null where nothing is. */
  wrong(): string | null {
    return this.slotsWrong() ?? this.addressesWrong() ?? this.claimsWrong() ?? this.ownersWrong() ?? this.decisionsWrong();
  }

  /** What is counted and kept by nobody; null where the books are even. */
  leak(): string | null {
    for (const [resource, claims] of this.resources) {
      const counted = this.counted(resource);
      const kept = this.living()
        .flatMap(({ kept }) => [...kept])
        .filter(([claim]) => resourceOf(claim) === resource)
        .reduce((sum, [, amount]) => sum + amount, 0);
      if (counted !== kept)
        return `${counted} counted in ${resource}, ${kept} kept by the living: ${JSON.stringify([...claims])}`;
    }
    return null;
  }

  living(): Held[] {
    return [...this.accounts.values()].filter(({ made, gone }) => made && !gone);
  }

  counted(resource: string): number {
    return [...(this.resources.get(resource)?.values() ?? [])].reduce((sum, { left }) => sum + left, 0);
  }

  /** Whether something is counted for a command. */
  holds(command: string): boolean {
    return [...this.resources.values()].some((claims) =>
      [...claims].some(([claim, { left }]) => left > 0 && claim.startsWith(`${command}/`)),
    );
  }

  private count({ stream, type, data }: StoredEvent): void {
    const claims = this.resources.get(stream) ?? new Map<string, Counted>();
    this.resources.set(stream, claims);
    const { claim = '', holder = '', amount = 0, left = 0 } = JSON.parse(data) as Parsed['data'];
    const known = claims.get(claim);
    if (type === 'ClaimTaken' && !known) claims.set(claim, { holder, left: amount });
    if (type === 'ClaimReleased' && known) known.left = Math.min(known.left, left);
  }

  private hold({ stream, type, data: bytes, metadata: about }: StoredEvent): void {
    const data = JSON.parse(bytes) as Parsed['data'];
    const { commandId, claims } = JSON.parse(about) as Parsed['metadata'];
    const held = this.accounts.get(stream) ?? nobody();
    this.accounts.set(stream, held);
    if (type === 'ClaimVoided') return void held.void.add(data.claim ?? '');
    for (const [claim, amount] of Object.entries({ ...claims?.taken, ...claims?.kept })) held.kept.set(claim, amount);
    this.change(held, type, data, this.sent.get(commandId ?? '')?.command);
    if (commandId) this.decided.set(commandId, (this.decided.get(commandId) ?? 0) + 1);
  }

  private change(held: Held, type: string, data: Parsed['data'], command: AccountCommand | undefined): void {
    if (command && 'account' in command) {
      const { credential = null, role = '', quotas } = data;
      Object.assign(held, { made: true, role, active: command.type === 'Create', credential, slots: quotas?.botSlots ?? 0 });
      held.email = command.account.profile.email;
    }
    if (command?.type === 'Edit') held.email = command.email?.to ?? held.email;
    if (type === 'QuotasChanged' && typeof data.to === 'object') held.slots = data.to.botSlots;
    if (type === 'UserConverted') held.slots = data.botSlots ?? 0;
    if (type === 'RoleChanged') Object.assign(held, { role: data.to, slots: data.botSlots });
    if (type === 'UserDisabled') held.active = false;
    if (type === 'UserEnabled') held.active = true;
    if (type === 'UserDeleted' || type === 'InvitationRevoked') held.gone = true;
  }

  private slotsWrong(): string | null {
    const taken = this.living().reduce((sum, { slots }) => sum + slots, 0);
    return taken > this.slots ? `${taken} of ${this.slots} bot slots are kept by living accounts` : null;
  }

  private addressesWrong(): string | null {
    const emails = this.living().map(({ email }) => email);
    return new Set(emails).size < emails.length ? `one address is held twice: ${emails.join(', ')}` : null;
  }

  private claimsWrong(): string | null {
    for (const { kept, slots, void: voided } of this.living()) {
      let [pool, addresses] = [0, 0];
      for (const [claim, amount] of kept) {
        if (amount === 0) continue;
        const left = this.resources.get(resourceOf(claim))?.get(claim)?.left ?? 0;
        if (left < amount) return `${amount} kept by ${claim}, of which ${left} is counted`;
        if (voided.has(claim)) return `kept by ${claim}, which is void`;
        if (isPool(claim)) pool += amount;
        else addresses += amount;
      }
      if (pool !== slots) return `an account with ${slots} bot slots keeps ${pool} of the pool`;
      if (addresses !== 1) return `an account keeps ${addresses} addresses`;
    }
    return null;
  }

  private ownersWrong(): string | null {
    const owners = this.living().filter(({ role, active }) => role === 'owner' && active).length;
    this.owned ||= owners > 0;
    return this.owned && owners === 0 ? 'no active owner is left' : null;
  }

  private decisionsWrong(): string | null {
    for (const [command, times] of this.decided) if (times > 1) return `${command} is decided ${times} times`;
    return null;
  }
}
