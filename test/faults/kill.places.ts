import type { Api, CallOptions, Reply } from '../support/api.js';
import { allocatedIn, stopSessions, type Place } from './kill.model.js';
import type { Hand, Made } from './kill.wishes.js';

/** A command about the workspace itself. */
function on(
  may: boolean,
  name: string,
  send: (by: Api, options: CallOptions) => Promise<Reply>,
  apply: () => void,
  done: number = 200,
): Made {
  return may ? { name, about: null, done: [done], send: ({ by }, headers) => send(by, { headers }), apply } : null;
}

const ZONES = ['UTC', 'Europe/Berlin', 'Asia/Tokyo', 'America/Lima'];
const DOMAIN = '/v1/workspace/domain';
const mail = (place: Place, port: number) => ({
  ...{ host: 'mail.example', port, security: 'none' },
  from: { address: `post@${place.slug}.example` },
});

export const placeWishes: readonly ((hand: Hand) => Made)[] = [
  ({ place, chance }) => {
    const timeZone = ZONES[Math.floor(chance() * ZONES.length)] ?? 'UTC';
    return on(
      true,
      'change settings',
      (by, options) => by.patch('/v1/workspace', { timeZone }, options),
      () => void (place.timeZone = timeZone),
    );
  },
  ({ place, fresh }) => {
    const productName = fresh('Product ');
    return on(
      true,
      'set branding',
      (by, options) => by.put('/v1/workspace/branding', { productName }, options),
      () => void (place.productName = productName),
    );
  },
  ({ place, chance }) => {
    const port = 1 + Math.floor(chance() * 1_000);
    return on(
      place.smtpPort === null && chance() < 0.1,
      'set mail server',
      (by, options) => by.put('/v1/workspace/smtp', mail(place, port), options),
      () => void (place.smtpPort = port),
    );
  },
  ({ place }) =>
    on(
      place.smtpPort !== null,
      'remove mail server',
      (by, options) => by.delete('/v1/workspace/smtp', undefined, options),
      () => void (place.smtpPort = null),
      204,
    ),
  ({ place }) =>
    on(
      place.domain === 'none',
      'set domain',
      (by, options) => by.put(DOMAIN, { domain: `${place.slug}.localhost` }, options),
      () => void (place.domain = 'pending'),
    ),
  ({ place }) =>
    on(
      place.domain === 'pending',
      'verify domain',
      (by, options) => by.post(`${DOMAIN}/verify`, undefined, options),
      () => void (place.domain = 'verified'),
    ),
  ({ place, chance }) =>
    on(
      place.domain === 'verified' && chance() < 0.1,
      'remove domain',
      (by, options) => by.delete(DOMAIN, undefined, options),
      () => void (place.domain = 'none'),
      204,
    ),
  ({ place, chance, operated }) => {
    const botSlots = allocatedIn(place) + 8 + Math.floor(chance() * 20);
    return on(
      operated,
      'resize pool',
      (by, options) => by.put(`/v1/workspaces/${place.id}/pool`, { botSlots }, options),
      () => void (place.slots = botSlots),
    );
  },
  ({ place, chance, operated }) =>
    on(
      operated && !place.suspended && chance() < 0.2,
      'suspend',
      (by, options) => by.post(`/v1/workspaces/${place.id}/suspend`, undefined, options),
      () => {
        place.suspended = true;
        for (const person of place.people) stopSessions(person);
      },
    ),
  ({ place, operated }) =>
    on(
      operated && place.suspended,
      'resume',
      (by, options) => by.post(`/v1/workspaces/${place.id}/resume`, undefined, options),
      () => void (place.suspended = false),
    ),
];
