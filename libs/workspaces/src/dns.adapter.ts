import { Resolver } from 'node:dns/promises';
import type { DomainResolver } from './domain-resolver.port.js';
import { proofName } from './domain.js';
import type { DomainFindings } from './workspace.events.js';

/** Milliseconds that one server is waited for, and how often each is asked. */
const TIMEOUT = 2_000;
const TRIES = 2;
/** More is not kept of what a zone says. */
const MOST_RECORDS = 10;
const LONGEST_RECORD = 255;
/** Codes of answers that say: there is no such record. Any other is no answer. */
const ABSENT = new Set(['ENODATA', 'ENOTFOUND']);

/** Real look-ups: at `servers` (`address[:port]`), or at the system's where there are none. */
export class NodeDns implements DomainResolver {
  private readonly resolver = new Resolver({ timeout: TIMEOUT, tries: TRIES });

  constructor(servers: readonly string[] = []) {
    if (servers.length > 0) this.resolver.setServers([...servers]);
  }

  async look(domain: string): Promise<DomainFindings> {
    const [txt, cname] = await Promise.all([
      recordsOrFailure(this.resolver.resolveTxt(proofName(domain))),
      recordsOrFailure(this.resolver.resolveCname(domain)),
    ]);
    return {
      txt: txt.records.map((chunks) => [chunks].flat().join('')).map(short),
      cname: cname.records.map((name) => short(name.toLowerCase())),
      ...(txt.failure === undefined ? {} : { failure: txt.failure }),
    };
  }
}

const short = (record: string): string => record.slice(0, LONGEST_RECORD);

async function recordsOrFailure<T>(answer: Promise<T[]>): Promise<{ records: T[]; failure?: string }> {
  try {
    return { records: (await answer).slice(0, MOST_RECORDS) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'EUNKNOWN';
    return ABSENT.has(code) ? { records: [] } : { records: [], failure: code };
  }
}
