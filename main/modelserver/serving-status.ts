/** The canonical status codes of TensorFlow Serving and how its REST side maps them to HTTP. */
const HTTP_STATUS = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  UNKNOWN: 500,
  INTERNAL: 500,
  DATA_LOSS: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
} as const;

export type StatusCode = keyof typeof HTTP_STATUS;

/** A refusal or failure that TensorFlow Serving's clients already know how to read. */
export class ServingError extends Error {
  override readonly name = 'ServingError';
  readonly code: StatusCode;

  constructor(code: StatusCode, message: string) {
    super(message);
    this.code = code;
  }

  get httpStatus(): number {
    return HTTP_STATUS[this.code];
  }

  /** As TensorFlow prints a status inside another message. */
  override toString(): string {
    return `${this.code}: ${this.message}`;
  }
}

export function invalidArgument(message: string): ServingError {
  return new ServingError('INVALID_ARGUMENT', message);
}

/** Anything thrown, as a status. Unknown errors become INTERNAL and keep their message. */
export function toServingError(error: unknown): ServingError {
  if (error instanceof ServingError) return error;
  return new ServingError('INTERNAL', error instanceof Error ? error.message : String(error));
}
