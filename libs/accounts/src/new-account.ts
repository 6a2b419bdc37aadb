import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { refuseField } from '#kernel';
import { Workspaces } from '#workspaces';
import { DEFAULT_TEAM_MEMBERS, DEFAULT_TEST_DAYS } from './account.js';
import type { NewAccount } from './account.commands.js';
import type { MailVia } from './account.events.js';
import type { newAccountShape } from './accounts.dto.js';

type Wanted = z.output<z.ZodObject<typeof newAccountShape>>;

/** Fills what a caller left out with the workspace's own settings. */
@Injectable()
export class NewAccounts {
  constructor(@Inject(Workspaces) private readonly workspaces: Workspaces) {}

  /** The account that a body asks for, by settings that were in force since `since`. Refuses with 422 what cannot go together. */
  async from(workspace: string, wanted: Wanted, since?: number): Promise<NewAccount> {
    const { email, username = null, fullName = null, company = null, phone = null, comment = null, role, test, quotas } = wanted;
    if (!test && wanted.testDays !== undefined) throw refuseField('/testDays', 'invalid-value', 'is for test accounts only');
    if (quotas?.botSlots !== undefined && wanted.botSlots !== undefined && quotas.botSlots !== wanted.botSlots) {
      throw refuseField('/quotas/botSlots', 'invalid-value', 'differs from /botSlots');
    }
    const settings = (await this.workspaces.facts(workspace, since))?.settings;
    return {
      profile: {
        email,
        username,
        fullName,
        company,
        phone,
        comment,
        attributes: wanted.attributes ?? {},
        utm: wanted.utm ?? null,
      },
      role,
      plan: wanted.plan ?? settings?.defaultPlan ?? 'standard',
      test,
      testDays: test ? (wanted.testDays ?? DEFAULT_TEST_DAYS) : null,
      botSlots: wanted.botSlots ?? quotas?.botSlots ?? null,
      conversations: quotas?.conversations ?? null,
      teamMembers: quotas?.teamMembers ?? DEFAULT_TEAM_MEMBERS,
    };
  }

  /** Whether a new password must be changed at the first log-in, by the caller's word or else the workspace's setting. */
  async mustChange(workspace: string, asked: boolean | undefined, since?: number): Promise<boolean> {
    return asked ?? (await this.workspaces.facts(workspace, since))?.settings.requirePasswordChange ?? false;
  }

  /** Whose transport takes invitations: the workspace's own or the installation's; null where there is neither. */
  async mailVia(workspace: string): Promise<MailVia | null> {
    const facts = await this.workspaces.facts(workspace);
    const route = facts && (await this.workspaces.transportFor(facts));
    return route?.via ?? null;
  }
}
