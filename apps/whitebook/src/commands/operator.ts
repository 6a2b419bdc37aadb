import { existsSync } from 'node:fs';
import { CommandBus } from '@nestjs/cqrs';
import { ACCESS, type AccessServices } from '#access';
import { AccountCommands, Accounts, ChangeAccount, statusOf } from '#accounts';
import { systemContext } from '#commands';
import { PLATFORM } from '#kernel';
import { BadSetting } from '#settings';
import { dataFiles, OPERATOR, randomPassword } from '#profile';
import { openApplication, type Application } from './application.js';
import { WrongUse, type Code, type Standalone } from './command.js';

/** RUN-5: a lost operator password is replaced by one that is shown once; all sessions of the operator end, and a lock is lifted. */
export const operator: Standalone = async (terminal, [what]) => {
  if (what !== 'reset-password') throw new WrongUse('operator takes: reset-password');
  const settings = terminal.settings();
  if (settings.profile === 'embedded' && !existsSync(dataFiles(settings.dataDir).log))
    throw new BadSetting(`WHITEBOOK_DATA_DIR: there is no log in ${settings.dataDir}`);
  const application = await openApplication(settings, terminal);
  try {
    return await resetPassword(application, terminal.say);
  } finally {
    await application.close();
  }
};

async function resetPassword({ app, parts }: Application, say: (line: string) => void): Promise<Code> {
  const { state } = await app.get(Accounts, { strict: false }).load(PLATFORM, OPERATOR);
  if (state.phase !== 'member') {
    say(state.phase === 'absent' ? 'there is no operator yet: the first start makes one' : 'the operator was deleted');
    return 1;
  }
  const password = randomPassword();
  const context = systemContext(PLATFORM, parts.ids());
  const credential = await app.get(AccountCommands, { strict: false }).credential(context, password);
  const command = {
    type: 'SetPassword',
    credential: credential.id,
    by: 'staff',
    passwordChangeRequired: false,
    session: null,
  } as const;
  await app.get(CommandBus, { strict: false }).execute(new ChangeAccount(OPERATOR, command, context, credential));
  await app.get<AccessServices>(ACCESS, { strict: false }).locks.lift(OPERATOR, systemContext(PLATFORM, parts.ids()));
  say(`New password of ${state.profile.email} (shown this once): ${password}`);
  if (statusOf(state) !== 'active') say(`The account is ${statusOf(state)}: nobody logs in with it until it is enabled.`);
  return 0;
}
