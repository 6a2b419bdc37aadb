import { Controller, Inject } from '@nestjs/common';
import { answer, Ctx, Endpoint, Input, type Answer, type InputOf, type RequestContext } from '#http';
import { refuse } from '#kernel';
import { PASSWORD_POLICY } from '#vault';
import { sessionAnswer } from './access.answers.js';
import { ACCESS, type AccessServices } from './access-services.js';
import * as dto from './links.dto.js';

/** What the holders of mailed links do. None of them has a credential: the link's secret is one, once. */
@Controller()
export class LinksController {
  constructor(@Inject(ACCESS) private readonly access: AccessServices) {}

  @Endpoint(dto.askForReset)
  async askForReset(@Input() { body }: InputOf<typeof dto.askForReset>, @Ctx() request: RequestContext): Promise<Answer> {
    await this.access.resets.wish(request.host, body.workspace, body.email);
    return answer(202);
  }

  @Endpoint(dto.acceptReset)
  async acceptReset(@Input() { body }: InputOf<typeof dto.acceptReset>, @Ctx() request: RequestContext): Promise<Answer> {
    const position = await this.access.resets.accept(body.token, body.password, (proved) => request.command(proved));
    return answer(204, undefined, { position });
  }

  @Endpoint(dto.acceptEmailChange)
  async acceptEmailChange(
    @Input() { body }: InputOf<typeof dto.acceptEmailChange>,
    @Ctx() request: RequestContext,
  ): Promise<Answer> {
    const position = await this.access.emailChanges.accept(body.token, (proved) => request.command(proved));
    return answer(204, undefined, { position });
  }

  @Endpoint(dto.inspectInvitation)
  async inspect(@Input() { body }: InputOf<typeof dto.inspectInvitation>, @Ctx() request: RequestContext): Promise<Answer> {
    const { state, facts } = await this.access.invitationLinks.inspect(body.token, request.host);
    if (!facts) throw refuse('not-found');
    const { productName, logoUrl, colors, supportEmail } = facts.branding;
    const brand = { productName: productName ?? facts.name, logoUrl, colors, supportEmail };
    const { email, fullName } = state.profile;
    return answer(200, { brand, email, fullName, passwordPolicy: PASSWORD_POLICY }, { headers: { 'Cache-Control': 'no-store' } });
  }

  @Endpoint(dto.acceptInvitation)
  async accept(@Input() { body }: InputOf<typeof dto.acceptInvitation>, @Ctx() request: RequestContext): Promise<Answer> {
    const { token, password, fullName = null, utm = null } = body;
    const { host, address, agent } = request;
    const wanted = { token, password, fullName, utm };
    const { minted, judgement, position } = await this.access.invitationLinks.accept(wanted, host, { address, agent }, (proved) =>
      request.command(proved),
    );
    return sessionAnswer(minted, judgement, position);
  }

  /** WS-7. */
  @Endpoint(dto.register)
  register(): Promise<Answer> {
    throw refuse('self-registration-disabled');
  }
}
