import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Background } from './background.js';
import type { Parts } from './parts.js';
import { WhitebookModule } from './platform.module.js';
import { PARTS } from './ports.js';

/** Whitebook as a process: once nobody is served any more, what goes on in the background ends and the stores close. */
@Module({})
export class Program implements OnApplicationShutdown {
  constructor(
    private readonly background: Background,
    @Inject(PARTS) private readonly parts: Parts,
  ) {}

  /** `portInUse` gives the port that the API listens on, once it does. */
  static over(parts: Parts, portInUse: () => number): DynamicModule {
    return { module: Program, imports: [WhitebookModule.over(parts, portInUse)] };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.background.stop();
    await this.parts.close();
  }
}
