import { z } from 'zod';
import { fieldIssue, text } from '#http';
import { ROLES } from '#policy';
import { normalizePassword, passwordErrors } from '#vault';
import { parseEmail } from './email.js';

const MOST_ATTRIBUTES = 50;
const MOST_ATTRIBUTE_BYTES = 16_384;
const MOST_SLOTS = 1_000_000;

export const emailField = z
  .string()
  .max(1_000)
  .transform((given, ctx): string => {
    const parsed = parseEmail(given);
    if ('email' in parsed) return parsed.email;
    ctx.addIssue(fieldIssue('invalid-email', parsed.problem));
    return given;
  })
  .meta({ format: 'email' });

/** A new password, in the one form in which it is hashed. */
export const passwordField = z
  .string()
  .max(2_000)
  .transform((given, ctx): string => {
    const error = passwordErrors(given);
    if (error) ctx.addIssue(fieldIssue(error.code, error.message));
    return normalizePassword(given);
  })
  .meta({ format: 'password', minLength: 8 });

export const nameField = text(200);
export const usernameField = text(64);
export const phoneField = text(32, { min: 3 }).refine((phone) => /^[+\d ().-]*\d[+\d ().-]*$/.test(phone), {
  params: { code: 'invalid-phone' },
  error: 'may have digits, spaces, + - ( ) and dots',
});
export const commentField = text(5_000, { lines: true });
export const utmSchema = z
  .strictObject({
    source: text(200).optional(),
    medium: text(200).optional(),
    campaign: text(200).optional(),
    term: text(200).optional(),
    content: text(200).optional(),
  })
  .meta({ id: 'Utm' });

export const attributesSchema = z
  .record(z.string().min(1).max(64), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .superRefine((attributes, ctx) => {
    if (Object.keys(attributes).length > MOST_ATTRIBUTES)
      ctx.addIssue(fieldIssue('too-many', `has more than ${MOST_ATTRIBUTES} keys`));
    if (Buffer.byteLength(JSON.stringify(attributes)) > MOST_ATTRIBUTE_BYTES)
      ctx.addIssue(fieldIssue('too-long', 'has more than 16 KB'));
  });

export const roleField = z.enum(ROLES);
export const planField = z.string().min(1).max(64);
export const botSlotsField = z.int().min(0).max(MOST_SLOTS);
export const testDaysField = z.int().min(1).max(365);
export const quotasSchema = z.strictObject({
  botSlots: botSlotsField.optional(),
  conversations: z.int().min(0).max(1_000_000_000).nullable().optional(),
  teamMembers: z.int().min(0).max(10).optional(),
});
