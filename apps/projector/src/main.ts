import 'reflect-metadata';
import { resolve } from 'node:path';
import { runProcess } from '#profile';

/** Brings the read models up to date with the log. Another one takes over where it ends. */
runProcess({ dist: resolve(import.meta.dirname, '../../..'), roles: new Set(['projector']) });
