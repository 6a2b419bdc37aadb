import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import type { JsonObject } from '#kernel';
import { answer, type Answer } from './answer.js';
import { docsPage } from './docs-page.js';
import { Endpoint } from './endpoint.js';
import { openApiOf } from './openapi.js';
import { HTTP_OPTIONS, type HttpOptions } from './options.js';
import { RouteTable } from './route-table.js';
import { defineRoute } from './route.js';

const document = defineRoute({
  method: 'GET',
  path: '/openapi.json',
  tag: 'Running',
  summary: 'This API as an OpenAPI 3.1 document',
  access: 'public',
  responses: { 200: { description: 'The document', body: z.looseObject({ openapi: z.string() }) } },
});

const docs = defineRoute({
  method: 'GET',
  path: '/docs',
  tag: 'Running',
  summary: 'This API as a page',
  access: 'public',
  responses: { 200: { description: 'The page', body: z.string(), type: 'text/html' } },
});

/** The page has a style of its own, and nothing else. */
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

@Controller()
export class DocumentController {
  private document: JsonObject | null = null;

  constructor(
    private readonly table: RouteTable,
    @Inject(HTTP_OPTIONS) private readonly options: HttpOptions,
  ) {}

  @Endpoint(document)
  openApi(): Answer {
    this.document ??= openApiOf(this.table.routes, this.options);
    return answer(200, this.document);
  }

  @Endpoint(docs)
  page(): Answer {
    return answer(200, docsPage(this.table.routes, this.options), {
      type: 'text/html; charset=utf-8',
      headers: { 'Content-Security-Policy': PAGE_POLICY },
    });
  }
}
