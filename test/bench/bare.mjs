// A bare endpoint on the same framework: takes a JSON body and gives a small object.
import 'reflect-metadata';
import { Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

class Bare {
  take() {
    return { ok: true };
  }
}
const take = Object.getOwnPropertyDescriptor(Bare.prototype, 'take');
Post('bare')(Bare.prototype, 'take', take);
HttpCode(200)(Bare.prototype, 'take', take);
Controller()(Bare);
class Root {}
Module({ controllers: [Bare] })(Root);

const app = await NestFactory.create(Root, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.stdout.write(`listening on ${await app.getUrl()}\n`);
process.on('SIGTERM', () => process.exit(0));
