import type { CommandContext } from '#commands';
import type { Judgement } from './entitlement.js';

/** Who holds a mailed secret acts as the account that it was mailed to. */
export const actingAs = ({
  workspace,
  account,
  role,
}: Pick<Judgement, 'workspace' | 'account' | 'role'>): Pick<CommandContext, 'workspace' | 'actor'> => ({
  workspace,
  actor: { id: account, role, workspace },
});
