import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Seals small values under a key derived from a master key: version ‖ iv ‖ ciphertext ‖ tag of AES-256-GCM. */
export interface Sealing {
  seal(name: string, value: Uint8Array): Buffer;
  /** Throws, an error without a code, where the bytes were sealed under another master key or for another name, or are damaged. */
  open(name: string, sealed: Uint8Array): Buffer;
}

/** A sealing of its own per `purpose`. What is sealed for one name cannot be opened as another's. */
export function sealingUnder(masterKey: Buffer, purpose: 'person-keys' | 'secrets' | 'cursors'): Sealing {
  const key = Buffer.from(hkdfSync('sha256', masterKey, '', `whitebook ${purpose}`, 32));
  return {
    seal(name, value) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(name));
      return Buffer.concat([Buffer.of(VERSION), iv, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
    },
    open(name, sealed) {
      if (sealed[0] !== VERSION) throw new Error('sealed in an unknown manner');
      try {
        const iv = sealed.subarray(1, 1 + IV_BYTES);
        const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(name));
        decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(sealed.subarray(1 + IV_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch {
        // Node's own errors bear codes, and an error with a code tells of a store that is down
        throw new Error('sealed under another key or name, or damaged');
      }
    },
  };
}
