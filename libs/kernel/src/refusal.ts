/** Every code that a refusal can carry. Public and stable: each has its row (status, title) in the table of problems. */
export type RefusalCode =
  | 'invalid-input'
  | 'malformed-json'
  | 'too-large'
  | 'uri-too-long'
  | 'unauthenticated'
  | 'invalid-credentials'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'unsupported-media-type'
  | 'revision-mismatch'
  | 'idempotency-key-reused'
  | 'throttled'
  | 'read-model-behind'
  | 'busy'
  | 'unavailable'
  | 'domain-not-configured'
  | 'smtp-not-configured'
  | 'domain-taken'
  | 'domain-not-set'
  | 'slug-taken'
  | 'email-taken'
  | 'username-taken'
  | 'no-free-bot-slot'
  | 'pool-below-allocated'
  | 'last-owner'
  | 'account-pending'
  | 'account-not-active'
  | 'not-a-test-account'
  | 'test-expired'
  | 'status-not-settable'
  | 'invitation-used'
  | 'invitation-expired'
  | 'invitation-revoked'
  | 'link-expired'
  | 'link-used'
  | 'wrong-host'
  | 'account-disabled'
  | 'workspace-suspended'
  | 'password-change-required'
  | 'staff-account'
  | 'nested-impersonation'
  | 'impersonation-forbidden'
  | 'self-registration-disabled'
  | 'confirmation-mismatch'
  | 'unknown-plan'
  | 'nothing-to-do';

/** One field that was refused: `pointer` is a JSON pointer into the body, or `?name` for a parameter. */
export interface FieldError {
  pointer: string;
  code: string;
  message: string;
}

/** Facts that the answer shows beside the code (never personal data of somebody else). */
export type RefusalFacts = Readonly<Record<string, unknown>> & {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
};

/** A rule that says no. Anything else that is thrown is a bug or a failure. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly code: RefusalCode,
    readonly facts: RefusalFacts = {},
  ) {
    super(code);
  }
}

export const refuse = (code: RefusalCode, facts: RefusalFacts = {}): Refusal => new Refusal(code, facts);

/** A refusal of one field (422 `invalid-input` by default). */
export const refuseField = (pointer: string, code: string, message: string, problem: RefusalCode = 'invalid-input'): Refusal =>
  new Refusal(problem, { errors: [{ pointer, code, message }] });
