/** What the user is told: what happened → why → what to do. The code is stable; resources/docs/troubleshooting.md has an entry for each. */
export const ERROR_CODES = [
  'bad-input', 'not-found', 'conflict', 'not-allowed', 'unsupported', 'project-missing', 'project-foreign',
  'project-damaged', 'project-newer', 'project-locked', 'project-read-only', 'disk-full', 'aborted', 'backend-unavailable',
  'engine-lost', 'node-lost', 'image-missing', 'image-unusable', 'model-missing', 'model-unusable', 'port-taken', 'out-of-memory',
  'not-ready', 'exited-at-start', 'crashed-under-load', 'replica-paused', 'no-answers', 'tcp-timeout',
  'limit-above-machine', 'gpu-unavailable', 'clock-refused', 'connection-lost', 'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorDetails {
  /** The next step for the user, one sentence. */
  readonly hint?: string;
  /** For bad input: the field's path, the value given and what would be accepted. */
  readonly field?: string;
  readonly value?: unknown;
  readonly accepted?: string;
  /** Last lines of the log that shows the cause. */
  readonly log?: readonly string[];
  readonly cause?: unknown;
}

export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly field?: string;
  readonly value?: unknown;
  readonly accepted?: string;
  readonly log?: readonly string[];
}

export class ServescapeError extends Error {
  override readonly name = 'ServescapeError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  toData(): ErrorData {
    const { hint, field, value, accepted, log } = this.details;
    return {
      code: this.code,
      message: this.message,
      ...(hint !== undefined && { hint }),
      ...(field !== undefined && { field }),
      ...(value !== undefined && { value }),
      ...(accepted !== undefined && { accepted }),
      ...(log !== undefined && { log }),
    };
  }

  static fromData(data: ErrorData): ServescapeError {
    return new ServescapeError(data.code, data.message, data);
  }
}

/** Refuses one field: names it, the value given and what would be accepted. */
export function badInput(field: string, value: unknown, accepted: string): ServescapeError {
  // JSON would call NaN and Infinity null.
  const shown = typeof value === 'string' ? `“${value}”` : typeof value === 'number' ? String(value) : JSON.stringify(value);
  const what = value === undefined ? `${field} is missing` : `${field}: ${shown} cannot be used`;
  return new ServescapeError('bad-input', `${what}. Accepted: ${accepted}.`, {
    field,
    value,
    accepted,
  });
}

/** Anything thrown, as data that can cross a connection. Unknown errors keep their message under `internal`. */
export function errorData(error: unknown): ErrorData {
  if (error instanceof ServescapeError) return error.toData();
  if (error instanceof Error && error.name === 'AbortError') return { code: 'aborted', message: 'Stopped on request.' };
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}

/** Compile-time exhaustiveness; at run time it fails loudly. */
export function assertNever(value: never, what: string): never {
  throw new Error(`${what}: unexpected ${JSON.stringify(value)}`);
}
