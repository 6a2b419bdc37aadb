import 'reflect-metadata';
import { resolve } from 'node:path';
import { runProcess } from '#profile';

/** Does what follows from events and from time: reactions, deadlines, mails. */
runProcess({ dist: resolve(import.meta.dirname, '../../..'), roles: new Set(['worker']) });
