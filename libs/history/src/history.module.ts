import { Module, type OnModuleInit } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Accounts } from '#accounts';
import { Targets } from '#http';
import { HistoryController } from './history.controller.js';
import { HistoryEntries } from './history.entries.js';
import { ReadHistoryHandler } from './history.queries.js';
import { HistorySearch } from './history.search.js';

/** The history of accounts and workspaces. Composition provides, globally: `Accounts`, `READ_STORE` and `VAULT`, and runs `historyProjection`. */
@Module({
  imports: [CqrsModule],
  controllers: [HistoryController],
  providers: [HistoryEntries, HistorySearch, ReadHistoryHandler],
})
export class HistoryModule implements OnModuleInit {
  constructor(
    private readonly targets: Targets,
    private readonly accounts: Accounts,
  ) {}

  onModuleInit(): void {
    this.targets.register('account-ever', async (id, workspace) => {
      const { state } = await this.accounts.load(workspace, id);
      return state.phase === 'absent' ? null : { id, role: state.role };
    });
  }
}
