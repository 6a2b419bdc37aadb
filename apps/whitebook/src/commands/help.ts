export const HELP = `npm run whitebook -- <command>

  rebuild [projection]  makes read models anew from the log (all, or one of accounts, workspaces, history)
  recount               compares the log, the rows and the counters of every read model; prints each difference
  unpark                replays what could not be read when it was recorded
  verify                recomputes the chain of every workspace: no event was changed, removed or inserted
  help                  this page

They work on WHITEBOOK_DATA_DIR (default ./data) and need it for themselves: stop the service first.
Exit codes: 0 all is well, 1 it is not, 2 wrong use, 3 could not be run.`;
