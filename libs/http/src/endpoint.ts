import {
  applyDecorators,
  createParamDecorator,
  Delete,
  Get,
  Patch,
  Post,
  Put,
  SetMetadata,
  type ExecutionContext,
} from '@nestjs/common';
import { exchangeOf } from './exchange.js';
import type { Method, Route } from './route.js';

const ROUTE = Symbol('Route');
const VERBS: Readonly<Record<Method, (path: string) => MethodDecorator>> = {
  GET: Get,
  POST: Post,
  PUT: Put,
  PATCH: Patch,
  DELETE: Delete,
};

/** Makes a controller's method the place where a route is answered. */
export const Endpoint = (route: Route): MethodDecorator =>
  applyDecorators(VERBS[route.method](route.path), SetMetadata(ROUTE, route));

/** The validated input of the route: `InputOf<typeof route>`. */
export const Input = createParamDecorator(
  (_: unknown, execution: ExecutionContext) => exchangeOf(execution.switchToHttp().getRequest()).input,
);

/** The `RequestContext`. */
export const Ctx = createParamDecorator((_: unknown, execution: ExecutionContext) =>
  exchangeOf(execution.switchToHttp().getRequest()),
);

/** The route that a controller's method answers; undefined where it answers none. */
export const routeOf = (handler: object): Route | undefined => Reflect.getMetadata(ROUTE, handler) as Route | undefined;
