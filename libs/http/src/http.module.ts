import { Global, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { Conversation } from './conversation.js';
import { DocumentController } from './document.controller.js';
import { Freshness } from './freshness.js';
import { Gate } from './gate.guard.js';
import { HealthController } from './health.controller.js';
import { Metrics } from './metrics.js';
import { HTTP_OPTIONS, type HttpOptions } from './options.js';
import { Ports } from './ports.js';
import { ProblemFilter } from './problem.filter.js';
import { Readiness } from './readiness.js';
import { RouteTable } from './route-table.js';
import { Targets } from './targets.js';
import { UnknownPathController } from './unknown-path.controller.js';

/** The way of a request, for all controllers of the application. */
@Global()
@Module({})
export class HttpModule implements OnApplicationBootstrap {
  constructor(
    private readonly table: RouteTable,
    private readonly targets: Targets,
    private readonly ports: Ports,
  ) {}

  static with(options: HttpOptions): DynamicModule {
    return {
      module: HttpModule,
      imports: [DiscoveryModule],
      controllers: [HealthController, DocumentController, UnknownPathController],
      providers: [
        { provide: HTTP_OPTIONS, useValue: options },
        { provide: Freshness, useFactory: () => new Freshness() },
        { provide: APP_GUARD, useClass: Gate },
        { provide: APP_FILTER, useClass: ProblemFilter },
        Conversation,
        Metrics,
        Ports,
        Readiness,
        RouteTable,
        Targets,
      ],
      exports: [Freshness, HTTP_OPTIONS, Metrics, Readiness, RouteTable, Targets],
    };
  }

  /** Nothing starts with a route whose guard would miss a part. */
  onApplicationBootstrap(): void {
    const { routes } = this.table;
    this.ports.demand(routes);
    for (const { access, method, path } of routes) {
      const kind = typeof access === 'string' ? undefined : access.target;
      if (typeof kind === 'string' && !this.targets.knows(kind))
        throw new Error(`${method} ${path}: no resolver for targets of kind ${kind}`);
    }
  }
}
