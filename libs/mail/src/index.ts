export * from './mail.port.js';
