export const HELP = `npm run whitebook -- <command>

  rebuild [projection]  makes read models anew from the log (all, or one of accounts, workspaces, history), beside a running service too
  recount               compares the log, the rows and the counters of every read model; prints each difference
  unpark                replays what could not be read when it was recorded
  verify                recomputes the chain of every workspace: no event was changed, removed or inserted; beside a running service too
  operator reset-password
                        gives the operator a new password, shown once, and ends the operator's sessions
  backup <folder> [--with-key]
                        copies log and vault into a new folder, beside a running service; the master key only with --with-key:
                        who has both has everything
  restore <backup> [--ledger <file>] [--key-file <file>]
                        makes the data folder, which must be empty, from a backup; ends all sessions, and deletes again whoever
                        is in the ledger: erased.ledger of the data folder that was lost
  restored              settles servers with each other that were put back from backups, with all processes stopped
  help                  this page

They work on WHITEBOOK_DATA_DIR (default ./data); but for backup, rebuild and verify they need it for themselves: stop the service first.
With WHITEBOOK_PROFILE=distributed they work on its servers, beside all processes but for restored; backup and restore are for the embedded
profile, and restored for the distributed one.
Exit codes: 0 all is well, 1 it is not, 2 wrong use, 3 could not be run.`;
