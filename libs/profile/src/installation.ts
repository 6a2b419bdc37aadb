import type { Clock } from '#kernel';
import { composeMailer, type Mailer } from '#mail';
import type { Settings } from '#settings';
import type { MasterKeySource } from '#vault';
import { dataFiles } from './paths.js';

/** Where these settings say that the master key is. */
export const masterKeySource = ({ dataDir, masterKey: value, masterKeyFile: file }: Settings): MasterKeySource => ({
  ...(value === null ? {} : { value }),
  ...(file === null ? {} : { file }),
  dataDir,
});

/** Sends mails as the workspaces say, and by the installation's transport where they say nothing. */
export const openMailer = ({ mail, dataDir, smtpAllowPrivate }: Settings, clock: Clock): Promise<Mailer> =>
  composeMailer({
    installation: typeof mail === 'string' ? mail : mail.smtpUrl,
    outboxDir: dataFiles(dataDir).outbox,
    allowPrivate: smtpAllowPrivate,
    clock,
  });
