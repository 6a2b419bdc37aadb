/** Names of streams. None holds an address or a name: these come as a keyed hash under the workspace's secret, which is never rotated. */
export const accountStream = (workspace: string, account: string): string => `account-${workspace}-${account}`;
/** Log-ins, impersonations, keys, links and mails of an account: what does not count as a change of it. */
export const accessStream = (workspace: string, account: string): string => `access-${workspace}-${account}`;
export const workspaceStream = (workspace: string): string => `workspace-${workspace}`;
export const poolStream = (workspace: string): string => `pool-${workspace}`;
export const ownersStream = (workspace: string): string => `owners-${workspace}`;
export const emailStream = (workspace: string, hash: string): string => `email-${workspace}-${hash}`;
export const usernameStream = (workspace: string, hash: string): string => `username-${workspace}-${hash}`;
export const domainStream = (domain: string): string => `domain-${domain}`;
export const slugStream = (slug: string): string => `slug-${slug}`;

/** Workspace and account of an account's stream (either of the two); null for any other stream. */
export function accountOf(stream: string): { workspace: string; account: string } | null {
  const match = /^(?:account|access)-([a-z0-9]+)-([0-9a-f]{32})$/.exec(stream);
  return match ? { workspace: match[1] as string, account: match[2] as string } : null;
}
