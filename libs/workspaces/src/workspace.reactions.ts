import type { Reaction } from '#commands';
import { workspaceStream } from '#commands';

/** COR-29: the first owner is made once more, in case the process that made the workspace died before. */
export const workspaceReaction: Reaction = ({ event, stream, workspace }) =>
  event.type === 'WorkspaceCreated' && stream === workspaceStream(workspace) ? [{ kind: 'make-owner', workspace }] : [];
