import { refuse } from '#kernel';
import { exists, type Account } from './account.js';
import * as access from './account-access.decider.js';
import * as life from './account-life.decider.js';
import * as terms from './account-terms.decider.js';
import type { AccountCommand, AccountDecision, AccountFacts } from './account.commands.js';

/** Commands that a holder of a mailed link or a timer gives: they meet accounts that are gone, and say so in their own way. */
const ALSO_GONE: readonly AccountCommand['type'][] = [
  'Create',
  'Invite',
  'Revoke',
  'Resend',
  'ExpireInvitation',
  'Accept',
  'EndBlock',
  'ExpireTest',
];

/** What follows from `command`, given what has happened. No clock, no I/O, no randomness. Throws a refusal. */
export function decide(account: Account, command: AccountCommand, facts: AccountFacts): AccountDecision {
  if (!exists(account) && !ALSO_GONE.includes(command.type)) throw refuse('not-found');
  switch (command.type) {
    case 'Create':
      return life.create(account, command, facts);
    case 'Invite':
      return life.invite(account, command, facts);
    case 'Resend':
      return life.resend(account, command, facts);
    case 'Revoke':
      return life.revoke(account);
    case 'ExpireInvitation':
      return life.expireInvitation(account, command, facts);
    case 'Accept':
      return life.accept(account, command, facts);
    case 'Activate':
      return life.activate(account, command);
    case 'Disable':
      return access.disable(account, command, facts);
    case 'SetStatus':
      return access.setStatus(account, command, facts);
    case 'Enable':
      return access.enable(account, facts);
    case 'EndBlock':
      return access.endBlock(account, command, facts);
    case 'ExpireTest':
      return access.expireTest(account, command, facts);
    case 'Extend':
      return access.extend(account, command);
    case 'Convert':
      return access.convert(account, command);
    case 'SetRole':
      return terms.setRole(account, command);
    case 'SetPassword':
      return access.setPassword(account, command);
    case 'ResetPassword':
      return access.resetPassword(account, command);
    case 'RequirePasswordChange':
      return access.requirePasswordChange(account);
    case 'Edit':
      return terms.edit(account, command);
    case 'ConfirmEmail':
      return terms.confirmEmail(account, command, facts);
    case 'AssignPlan':
      return terms.assignPlan(account, command, facts);
    case 'SetQuotas':
      return terms.setQuotas(account, command);
    case 'Delete':
      return life.remove(account, command);
  }
}
