import { Controller, Inject } from '@nestjs/common';
import { answer, Ctx, Endpoint, Input, type Answer, type InputOf, type RequestContext } from '#http';
import { refuse } from '#kernel';
import type { Principal } from '#policy';
import { Workspaces } from '#workspaces';
import { sessionAnswer } from './access.answers.js';
import { ACCESS, type AccessServices } from './access-services.js';
import * as dto from './sessions.dto.js';
import { homeOf } from './who-am-i.js';

/** AUTH-4, AUTH-5: logging in, staying in, and leaving. */
@Controller()
export class SessionsController {
  constructor(
    @Inject(ACCESS) private readonly access: AccessServices,
    private readonly workspaces: Workspaces,
  ) {}

  @Endpoint(dto.logIn)
  async logIn(@Input() { body }: InputOf<typeof dto.logIn>, @Ctx() request: RequestContext): Promise<Answer> {
    const { email, login = email ?? '', password, workspace } = body;
    const { host, address, agent } = request;
    const context = request.command.bind(request);
    const { minted, judgement } = await this.access.logIn.logIn({
      host,
      workspace,
      login,
      password,
      origin: { address, agent },
      context,
    });
    return sessionAnswer(minted, judgement);
  }

  @Endpoint(dto.refreshSession)
  async refresh(@Input() { body }: InputOf<typeof dto.refreshSession>, @Ctx() request: RequestContext): Promise<Answer> {
    const minted = await this.access.sessions.refresh(body.refreshToken, request.host, (workspace) =>
      request.command({ workspace }),
    );
    const { workspace, account } = minted.session;
    return sessionAnswer(minted, await this.access.entitlement.judge(workspace, account));
  }

  @Endpoint(dto.currentSession)
  async current(@Ctx() request: RequestContext): Promise<Answer> {
    return answer(200, await this.access.whoAmI.current(callerOf(request)));
  }

  @Endpoint(dto.leaveSession)
  async leave(@Ctx() request: RequestContext): Promise<Answer> {
    const caller = callerOf(request);
    if (caller.kind === 'impersonation') {
      await this.access.impersonations.exit(caller, request.command());
      const facts = await this.workspaces.facts(caller.workspace);
      return answer(200, { returnUrl: `${this.workspaces.linkBase({ domain: facts?.domain ?? null })}/` });
    }
    const workspace = homeOf(caller);
    const position = await this.access.sessions.leave(caller, workspace, request.command({ workspace }));
    return answer(204, undefined, { position });
  }

  @Endpoint(dto.listSessions)
  async list(@Input() { params }: InputOf<typeof dto.listSessions>, @Ctx() request: RequestContext): Promise<Answer> {
    const { credential } = callerOf(request);
    const sessions = await this.access.sessions.list(params.id);
    const items = sessions.map(({ id, kind, createdAt, lastUsedAt, expiresAt, address, agent, act }) => ({
      ...{ id, kind, current: id === credential, createdAt, lastUsedAt, expiresAt, address, agent },
      ...(act ? { act: { sub: act.account } } : {}),
    }));
    return answer(200, { items, next: null });
  }

  @Endpoint(dto.endSession)
  async endOne(@Input() { params }: InputOf<typeof dto.endSession>, @Ctx() request: RequestContext): Promise<Answer> {
    const position = await this.access.sessions.endOne(params.sid, params.id, request.command());
    return answer(204, undefined, { position });
  }

  @Endpoint(dto.endSessions)
  async endAll(@Input() { params }: InputOf<typeof dto.endSessions>, @Ctx() request: RequestContext): Promise<Answer> {
    const position = await this.access.sessions.endAll(params.id, request.command());
    return answer(204, undefined, { position });
  }
}

/** The proved caller of a route that is not public. */
export function callerOf({ principal }: RequestContext): Principal {
  if (!principal) throw refuse('unauthenticated');
  return principal;
}
