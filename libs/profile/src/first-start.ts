import { randomBytes } from 'node:crypto';
import { CommandBus } from '@nestjs/cqrs';
import type { INestApplicationContext } from '@nestjs/common';
import { AccountCommands, Accounts, ChangeAccount, parseEmail, profileOf } from '#accounts';
import { systemContext } from '#commands';
import { PLATFORM } from '#kernel';
import type { Parts } from './parts.js';
import { BadSetting, type Settings } from '#settings';
import { PASSWORD_POLICY, passwordErrors } from '#vault';

/** The first operator's id is fixed, so that it is made once. */
export const OPERATOR = '0'.repeat(31) + '1';
const DEFAULT_EMAIL = 'operator@platform.localhost';

export interface Operator {
  readonly email: string;
  /** Null where it came from the environment: it is not shown. */
  readonly password: string | null;
}

/** A password that nobody guesses and anybody can type: 20 characters of base64url. */
export const randomPassword = (): string => randomBytes(15).toString('base64url');

/** The operator's address, in its one form. Throws `BadSetting` where address or password cannot be used: at boot, whether or not there is an operator. */
export function checkOperator({ operatorEmail, operatorPassword }: Settings): string {
  const parsed = parseEmail(operatorEmail ?? DEFAULT_EMAIL);
  if ('problem' in parsed) throw new BadSetting(`WHITEBOOK_OPERATOR_EMAIL: ${parsed.problem}`);
  if (operatorPassword !== null && passwordErrors(operatorPassword)) {
    throw new BadSetting(
      `WHITEBOOK_OPERATOR_PASSWORD: must have at least ${PASSWORD_POLICY.minLength} characters and not be a common one`,
    );
  }
  return parsed.email;
}

/** Makes the operator where there is none yet, from the environment or at random. Null: there is one already, or another process was first. */
export async function makeOperator(app: INestApplicationContext, parts: Parts): Promise<Operator | null> {
  const accounts = app.get(Accounts, { strict: false });
  const isThere = async (): Promise<boolean> => (await accounts.load(PLATFORM, OPERATOR)).state.phase !== 'absent';
  if (await isThere()) return null;
  try {
    return await create(app, parts);
  } catch (error) {
    if (await isThere()) return null;
    throw error;
  }
}

async function create(app: INestApplicationContext, { settings, ids }: Parts): Promise<Operator> {
  const email = checkOperator(settings);
  const password = settings.operatorPassword ?? randomPassword();
  const context = systemContext(PLATFORM, ids());
  const credential = await app.get(AccountCommands, { strict: false }).credential(context, password);
  const terms = {
    role: 'owner',
    plan: '',
    test: false,
    testDays: null,
    botSlots: null,
    conversations: null,
    teamMembers: 0,
  } as const;
  const command = {
    type: 'Create',
    account: { profile: profileOf(email, 'Operator'), ...terms },
    credential: credential.id,
    passwordChangeRequired: false,
  } as const;
  await app.get(CommandBus, { strict: false }).execute(new ChangeAccount(OPERATOR, command, context, credential));
  return { email, password: settings.operatorPassword === null ? password : null };
}
