import 'reflect-metadata';
import { resolve } from 'node:path';
import { runProcess } from '#profile';

/** Answers requests, and nothing else. */
runProcess({ dist: resolve(import.meta.dirname, '../../..'), roles: new Set(['api']) });
