import type { Route } from './route.js';
import type { Titles } from './openapi.js';
import { problemsByStatus } from './route-problems.js';

const STYLE = `
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1b1b1f;background:#fff}
code{font-family:ui-monospace,monospace}
summary{padding:.4rem;cursor:pointer;overflow-wrap:anywhere}
details{border-top:1px solid #8a8a94}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0}
@media(prefers-color-scheme:dark){body{color:#ececf1;background:#17171a}a{color:#9cc3ff}}`;

const MARKS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (mark) => MARKS[mark] ?? mark);

/** A page that lists all operations; it needs no script and nothing from elsewhere. */
export function docsPage(routes: readonly Route[], { title, version }: Titles): string {
  const tags = [...new Set(routes.map(({ tag }) => tag))].sort();
  const anchor = (tag: string) => `tag-${tag.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;
  const links = tags.map((tag) => `<li><a href="#${anchor(tag)}">${escaped(tag)}</a></li>`).join('');
  const sections = tags.map((tag) => {
    const operations = routes.filter((route) => route.tag === tag).map(operation);
    return `<section aria-labelledby="${anchor(tag)}"><h2 id="${anchor(tag)}">${escaped(tag)}</h2>${operations.join('')}</section>`;
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(title)} API</title><style>${STYLE}</style></head>
<body>
<header><h1>${escaped(title)} API <small>${escaped(version)}</small></h1><p>For machines: <a href="/openapi.json">/openapi.json</a></p></header>
<nav aria-label="Topics"><ul>${links}</ul></nav>
<main>${sections.join('\n')}</main>
</body>
</html>
`;
}

function operation(route: Route): string {
  const answers = Object.entries(route.responses).map(([status, { description }]) => [status, description] as const);
  const refusals = [...problemsByStatus(route)].map(([status, codes]) => [String(status), codes.join(', ')] as const);
  const rows = [...answers, ...refusals].map(
    ([status, text]) => `<tr><th scope="row">${status}</th><td>${escaped(text)}</td></tr>`,
  );
  return `<details><summary><code>${route.method} ${escaped(route.path)}</code> ${escaped(route.summary)}</summary>
<table><caption>Answers</caption><tbody>${rows.join('')}</tbody></table></details>`;
}
