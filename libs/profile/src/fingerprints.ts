import { createHmac } from 'node:crypto';
import type { Fingerprints } from '#http';
import { canonicalJson, type Json } from '#kernel';
import type { Secrets } from '#vault';

/** COR-5: HMAC of a whole body under a key of the installation, which no backup of the log holds. */
export function bodyFingerprints(secrets: Secrets): Fingerprints {
  let key: Buffer | null = null;
  return {
    async of(body: Json | undefined) {
      key ??= await secrets.obtain('fingerprints'); // a vault that fails is asked again
      return createHmac('sha256', key)
        .update(body === undefined ? '' : canonicalJson(body))
        .digest('base64url');
    },
  };
}
