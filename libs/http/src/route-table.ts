import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { routeOf } from './endpoint.js';
import type { Method, Route } from './route.js';

/** All routes of the application, found on its controllers. */
@Injectable()
export class RouteTable {
  private found: readonly Route[] | null = null;

  constructor(private readonly discovery: DiscoveryService) {}

  /** In order of path and method. */
  get routes(): readonly Route[] {
    this.found ??= this.discovery
      .getControllers()
      .flatMap(({ metatype }) => (metatype ? routesOf(metatype.prototype as object) : []))
      .sort((a, b) => compare(`${a.path} ${a.method}`, `${b.path} ${b.method}`));
    return this.found;
  }

  /** Routes that a path could be meant for, whatever the method. */
  at(path: string): Route[] {
    return this.routes.filter((route) => matches(route.path, path));
  }
}

function routesOf(prototype: object): Route[] {
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const member: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
    return typeof member === 'function' ? (routeOf(member) ?? []) : [];
  });
}

function matches(template: string, path: string): boolean {
  const parts = path.split('/');
  const wanted = template.split('/');
  return (
    parts.length === wanted.length && wanted.every((part, i) => (part.startsWith(':') ? parts[i] !== '' : part === parts[i]))
  );
}

/** Methods that are allowed by these routes, as `Allow` names them. */
export const methodsOf = (routes: readonly Route[]): (Method | 'HEAD')[] => {
  const methods = new Set<Method | 'HEAD'>(routes.map(({ method }) => method));
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].sort();
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
