import { accessStream, type CommandContext, type Execution } from '#commands';
import type { AccessEvent } from './access.events.js';
import { accessFold, type Access } from './access.fold.js';

/** What all commands on an account's stream of access share. They are no changes of the account: nothing is held against `If-Match`. */
export const onAccess = (
  account: string,
  context: CommandContext,
): Pick<Execution<Access, AccessEvent>, 'stream' | 'subject' | 'fold' | 'context' | 'version'> => ({
  stream: accessStream(context.workspace, account),
  subject: account,
  fold: accessFold,
  context,
  version: () => 0,
});
