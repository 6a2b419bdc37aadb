export * from './access.events.js';
export { accessFold, type Access, type KeptApiKey, type ResetLink } from './access.fold.js';
export { AccessModule } from './access.module.js';
export { accessReaction } from './access.reactions.js';
export { ACCESS, accessServices, type AccessPorts, type AccessServices } from './access-services.js';
export { AccessLog } from './access-log.js';
export { roleOf, type Judgement } from './entitlement.js';
export { watchedVault } from './watched-vault.js';
