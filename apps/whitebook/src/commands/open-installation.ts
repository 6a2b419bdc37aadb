import type { Terminal } from './command.js';
import { openFolder } from './folder.js';
import type { Installation, Purpose } from './installation.js';
import { openServers } from './servers.js';

/** What the settings name: a data folder, for this process alone, or servers, beside whoever works on them. */
export function openInstallation(terminal: Terminal, purpose: Purpose): Promise<Installation> {
  const settings = terminal.settings();
  switch (settings.profile) {
    case 'embedded':
      return openFolder(settings, terminal.dist);
    case 'distributed':
      return openServers(settings, terminal, purpose);
  }
}
