import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { answer, Ctx, defineRoute, Endpoint, type Answer, type RequestContext } from '#http';
import { Workspaces } from '#workspaces';
import { linkPage, type LinkPage } from './links.page.js';

const pageRoute = (page: LinkPage, summary: string) =>
  defineRoute({
    method: 'GET',
    path: `/${page}`,
    tag: 'Pages',
    summary,
    access: 'public',
    responses: { 200: { description: 'The page', body: z.string(), type: 'text/html' } },
  });

const acceptPage = pageRoute('accept', 'Page of an invitation');
const resetPage = pageRoute('reset', 'Page that sets a new password');
const emailPage = pageRoute('email', 'Page that confirms a new address');

/** Where mailed links lead: pages in the brand of the host. */
@Controller()
export class LinksPageController {
  constructor(private readonly workspaces: Workspaces) {}

  @Endpoint(acceptPage)
  accept(@Ctx() request: RequestContext): Promise<Answer> {
    return this.show('accept', request);
  }

  @Endpoint(resetPage)
  reset(@Ctx() request: RequestContext): Promise<Answer> {
    return this.show('reset', request);
  }

  @Endpoint(emailPage)
  email(@Ctx() request: RequestContext): Promise<Answer> {
    return this.show('email', request);
  }

  private async show(page: LinkPage, { host }: RequestContext): Promise<Answer> {
    const facts = await this.workspaces.byHost(host);
    const branding = facts?.branding;
    const { html, policy } = linkPage(page, {
      product: branding?.productName ?? facts?.name ?? 'Whitebook',
      logoUrl: branding?.logoUrl ?? null,
      color: branding?.colors['primary'] ?? null,
      supportEmail: branding?.supportEmail ?? null,
      appUrl: branding?.appUrl ?? '/',
    });
    return answer(200, html, {
      type: 'text/html; charset=utf-8',
      headers: { 'Content-Security-Policy': policy, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' },
    });
  }
}
