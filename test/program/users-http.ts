import type { Api, Fields } from '../support/api.js';

interface Clicked {
  readonly title: string;
  readonly name: string | null;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The requests of an `.http` file in their order, and its `@name = value` lines where they stand. */
function partsOf(file: string): (Clicked | { readonly set: string; readonly to: string })[] {
  return file.split(/^###.*$/m).flatMap((part, at) => {
    const title = [...file.matchAll(/^###(.*)$/gm)][at - 1]?.[1]?.trim() ?? '';
    const variables = [...part.matchAll(/^@(\w+) = (.*)$/gm)].map(([, set = '', to = '']) => ({ set, to }));
    const request = /^(GET|POST) (\S+)\n((?:[A-Za-z-]+: .*\n)*)(?:\n([^]*))?/m.exec(part);
    if (!request) return variables;
    const [, method, path = '', lines = '', body = ''] = request;
    const headers = Object.fromEntries(
      [...lines.matchAll(/^([A-Za-z-]+): (.*)$/gm)].map(([, key = '', value = '']) => [key.toLowerCase(), value]),
    );
    const name = /^# @name (\w+)$/m.exec(part)?.[1] ?? null;
    return [...variables, { title, name, method: method as Clicked['method'], path, headers, body: body.trim() }];
  });
}

/** Clicks through the file from top to bottom; gives title and status of each answer. */
export async function clickThrough(file: string, api: Api, given: Readonly<Record<string, string>>): Promise<[string, number][]> {
  const variables = new Map<string, string>();
  const answers = new Map<string, Fields>();
  const filled = (text: string): string =>
    text.replace(/\{\{([\w.]+)\}\}/g, (_, name: string) => {
      const [request = '', , , field = ''] = name.split('.');
      return variables.get(name) ?? String(answers.get(request)?.[field]);
    });
  const statuses: [string, number][] = [];
  for (const part of partsOf(file)) {
    if ('set' in part) {
      variables.set(part.set, given[part.set] ?? filled(part.to));
      continue;
    }
    const { title, name, method, path, headers, body } = part;
    const sent = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, filled(value)]));
    const reply = await api.call(method, filled(path), undefined, {
      headers: sent,
      ...(body === '' ? {} : { raw: filled(body) }),
    });
    if (name) answers.set(name, reply.body);
    statuses.push([title, reply.status]);
  }
  return statuses;
}
