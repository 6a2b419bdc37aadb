import { Controller, Inject, type OnModuleInit } from '@nestjs/common';
import { accessStream, CommandRunner, type CommandContext, type Outcome } from '#commands';
import { answer, Ctx, Endpoint, Input, ReplayBook, type Answer, type InputOf, type RequestContext } from '#http';
import type { AccessEvent } from './access.events.js';
import { onAccess } from './access-command.js';
import { rehearsal } from './access.answers.js';
import type { Access } from './access.fold.js';
import { ACCESS, type AccessServices } from './access-services.js';
import type { ListedApiKey } from './api-keys.js';
import * as dto from './api-keys.dto.js';
import { callerOf } from './sessions.controller.js';
import { homeOf } from './who-am-i.js';

/** AUTH-4: the caller's own keys. */
@Controller()
export class ApiKeysController implements OnModuleInit {
  constructor(
    @Inject(ACCESS) private readonly access: AccessServices,
    private readonly runner: CommandRunner,
    private readonly replays: ReplayBook,
  ) {}

  onModuleInit(): void {
    const repeated = (request: RequestContext) => this.runner.replay(onAccess(callerOf(request).account, contextOf(request)));
    this.replays.register(dto.makeApiKey, async (request) => {
      const outcome = await repeated(request);
      return outcome && made(outcome, null);
    });
    this.replays.register(dto.revokeApiKey, async (request) => {
      const outcome = await repeated(request);
      return outcome && answer(204, undefined, { position: outcome.position });
    });
  }

  @Endpoint(dto.makeApiKey)
  async make(@Input() { body }: InputOf<typeof dto.makeApiKey>, @Ctx() request: RequestContext): Promise<Answer> {
    const { name, scopes, expiresAt = null } = body;
    const caller = callerOf(request);
    const context = contextOf(request);
    const { outcome, key } = await this.access.apiKeys.make({ name, scopes, expiresAt }, caller, context);
    return outcome.kind === 'dry-run'
      ? rehearsal(accessStream(context.workspace, caller.account), outcome.events)
      : made(outcome, key);
  }

  @Endpoint(dto.listApiKeys)
  async list(@Ctx() request: RequestContext): Promise<Answer> {
    const caller = callerOf(request);
    const keys = await this.access.apiKeys.list(homeOf(caller), caller.account);
    return answer(200, { items: keys.map(viewOf), next: null });
  }

  @Endpoint(dto.revokeApiKey)
  async revoke(@Input() { params }: InputOf<typeof dto.revokeApiKey>, @Ctx() request: RequestContext): Promise<Answer> {
    const caller = callerOf(request);
    const context = contextOf(request);
    const outcome = await this.access.apiKeys.revoke(params.id, caller, context);
    if (outcome.kind === 'dry-run') return rehearsal(accessStream(context.workspace, caller.account), outcome.events);
    return answer(204, undefined, { position: outcome.position });
  }
}

/** Keys live where the account lives. */
const contextOf = (request: RequestContext): CommandContext => request.command({ workspace: homeOf(callerOf(request)) });

const viewOf = ({ id, name, scopes, createdAt, expiresAt, lastUsedAt }: ListedApiKey): dto.ApiKeyView => ({
  ...{ id, name, scopes: [...scopes], createdAt, expiresAt, lastUsedAt },
});

/** As the deciding event left it; the key itself is in the first answer only. */
function made({ state, position }: Outcome<Access, AccessEvent>, key: string | null): Answer {
  const { id = '', name = '', scopes = [], createdAt = '', expiresAt = null } = state.apiKeys.at(-1) ?? {};
  const view = {
    ...{ id, name, scopes, createdAt, expiresAt, lastUsedAt: null },
    ...(key === null ? { secretShown: true } : { key }),
  };
  return answer(201, view, { position, location: `/v1/api-keys/${id}`, headers: { 'Cache-Control': 'no-store' } });
}
