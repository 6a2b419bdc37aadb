import { EventCodec, EventLog, MemoryEventStore } from '#event-store';
import type { Job, JobHandler, Jobs } from '#jobs';
import { MailFailed, type Mailer } from '#mail';
import type { ReadStore } from '#read-store';
import { memoryVault } from '#vault';
import type { Workspaces } from '#workspaces';
import { absent, type Account } from './account.js';
import type { Accounts } from './accounts.js';
import { InvitationMailer } from './invitation-mailer.js';
import { mailEvents, mailStream } from './mail.events.js';

const NOW = '2026-01-31T12:00:00.000Z';
const WORKSPACE = 'e'.repeat(32);
const ACCOUNT = 'a'.repeat(32);
const FACTS = { id: WORKSPACE, name: 'Northwind' };

/** One pending account, and what its mails come to. */
function place() {
  const clock = () => NOW;
  const vault = memoryVault({ clock });
  const log = new EventLog(new MemoryEventStore({ clock, atomic: true }), new EventCodec(mailEvents, vault.keys));
  const invitation = { id: 'ia1', generation: 1, state: 'pending', expiresAt: '2026-02-07T12:00:00.000Z', via: 'installation' };
  let state = { ...absent, phase: 'pending', invitation } as Account;
  /** What happens while a mail is on its way. */
  const way = { send: async (): Promise<string> => '250 ok' };
  let run: JobHandler = async () => undefined;
  const route = {
    via: 'installation',
    branding: {},
    workspace: 'Northwind',
    from: { address: 'post@northwind.test' },
    transport: null,
  };
  const mailer = new InvitationMailer(
    { load: async () => ({ state, revision: 0 }) } as unknown as Accounts,
    {
      facts: async () => FACTS,
      transportFor: async () => route,
      linkBase: () => 'https://northwind.test',
    } as unknown as Workspaces,
    log,
    vault,
    { send: () => way.send() } as unknown as Mailer,
    { handle: (_type: string, handler: JobHandler) => (run = handler) } as unknown as Jobs,
    {} as ReadStore,
    () => '1'.repeat(32),
  );
  mailer.register();
  return {
    way,
    send: (generation: number): Promise<void> => {
      const job = { type: 'mail.invitation', data: { workspace: WORKSPACE, account: ACCOUNT, generation } } as Job;
      return run(job, { attempt: 1 } as never);
    },
    resend: (): void => {
      const sent = state.invitation;
      if (sent) state = { ...state, invitation: { ...sent, generation: sent.generation + 1 } };
    },
    recorded: async () =>
      (await log.read(mailStream(WORKSPACE, ACCOUNT))).map(({ event: { type, data } }) => [
        type,
        (data as { generation: number }).generation,
      ]),
  };
}

it('COR-24: a mail is recorded as sent, once', async () => {
  const { send, recorded } = place();
  await send(1);
  await send(1);
  expect(await recorded()).toEqual([['InvitationMailSent', 1]]);
});

it('ACC-3: a mail that is on its way while the invitation is sent again is not taken for the later one', async () => {
  const { way, send, resend, recorded } = place();
  way.send = async () => {
    resend();
    return '250 ok';
  };
  await send(1);
  expect(await recorded()).toEqual([]);
});

it('ACC-3: nor does it come after what became of the later one', async () => {
  const { way, send, resend, recorded } = place();
  way.send = async () => {
    resend();
    way.send = async () => {
      throw new MailFailed('refused', true);
    };
    await send(2);
    return '250 ok';
  };
  await send(1);
  expect(await recorded()).toEqual([['InvitationMailFailed', 2]]);
});
