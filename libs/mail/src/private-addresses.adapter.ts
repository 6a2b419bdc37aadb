import { BlockList, isIP } from 'node:net';
import { lookup } from 'node:dns/promises';
import { MailFailed } from './mail.port.js';

/** Addresses that are not on the public internet (IANA special-purpose registries). IPv4 rules hold for mapped IPv6 addresses too. */
const NOT_PUBLIC: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const notPublic = new BlockList();
for (const [network, prefix] of NOT_PUBLIC) notPublic.addSubnet(network, prefix, isIP(network) === 6 ? 'ipv6' : 'ipv4');

/** Whether an IP address lies in a private, local or otherwise special network. */
export const isPrivateAddress = (address: string): boolean => notPublic.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * The one IP address to connect to for `host`. It is looked up once and then used, so that a name cannot point elsewhere a moment later.
 * Rejects with `MailFailed`: not permanent where the name is not known, permanent where only private addresses stand behind it.
 */
export async function resolveHost(host: string, allowPrivate: boolean): Promise<string> {
  const found = await lookup(host, { all: true, verbatim: false }).catch((error: NodeJS.ErrnoException) => {
    throw new MailFailed(`the name of the mail server could not be looked up (${error.code ?? 'unknown'})`, false);
  });
  const usable = allowPrivate ? found : found.filter(({ address }) => !isPrivateAddress(address));
  const [first] = usable;
  if (first === undefined) throw new MailFailed('the mail server has a private address, which is not allowed here', true);
  return first.address;
}
