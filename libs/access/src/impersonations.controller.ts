import { Controller, Inject, type OnModuleInit } from '@nestjs/common';
import { accessStream, CommandRunner, type Outcome } from '#commands';
import { answer, Ctx, Endpoint, Input, ReplayBook, type Answer, type InputOf, type RequestContext } from '#http';
import { Workspaces } from '#workspaces';
import type { AccessEvent } from './access.events.js';
import { onAccess } from './access-command.js';
import { rehearsal } from './access.answers.js';
import type { Access } from './access.fold.js';
import { ACCESS, type AccessServices } from './access-services.js';
import type { Judgement } from './entitlement.js';
import { impersonate } from './impersonations.dto.js';
import { bannerOf } from './who-am-i.js';

/** AUTH-3: "log in as". */
@Controller()
export class ImpersonationsController implements OnModuleInit {
  constructor(
    @Inject(ACCESS) private readonly access: AccessServices,
    private readonly workspaces: Workspaces,
    private readonly runner: CommandRunner,
    private readonly replays: ReplayBook,
  ) {}

  onModuleInit(): void {
    this.replays.register(impersonate, async (request, params) => {
      const id = String(params['id']);
      const outcome = await this.runner.replay(onAccess(id, request.command()));
      return outcome && this.shown(await this.access.entitlement.judge(request.workspace, id), outcome);
    });
  }

  @Endpoint(impersonate)
  async begin(@Input() { params, body }: InputOf<typeof impersonate>, @Ctx() request: RequestContext): Promise<Answer> {
    const { outcome, customer, minted } = await this.access.impersonations.begin(params.id, body.reason, request.command());
    if (outcome.kind === 'dry-run') return rehearsal(accessStream(request.workspace, params.id), outcome.events);
    return this.shown(customer, outcome, minted?.token);
  }

  /** The token is in the first answer only. */
  private shown({ state, facts }: Judgement, { state: access, position }: Outcome<Access, AccessEvent>, token?: string): Answer {
    const latest = Object.values(access.impersonations).at(-1);
    const body = {
      ...(token === undefined ? { secretShown: true } : { token }),
      expiresAt: latest?.expiresAt ?? '',
      banner: bannerOf(state.profile.email),
      openUrl: facts?.branding.appUrl ?? `${this.workspaces.linkBase({ domain: facts?.domain ?? null })}/`,
      act: { sub: latest?.staff ?? '' },
    };
    return answer(201, body, { position, headers: { 'Cache-Control': 'no-store' } });
  }
}
