/** What composition provides to features, by the port's name. `EventLog`, `CommandRunner`, `StreamLoader` and `Resources` are injected by class. */
export const CLOCK = Symbol('Clock');
export const IDS = Symbol('Ids');
export const SETTINGS = Symbol('Settings');
export const VAULT = Symbol('Vault');
export const PASSWORDS = Symbol('PasswordHasher');
export const READ_STORE = Symbol('ReadStore');
export const JOBS = Symbol('Jobs');
export const MAILER = Symbol('Mailer');
