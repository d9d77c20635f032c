/** What EventBridge answers to a pattern or an event that it can't use. The names are the error codes of its API. */

/** The pattern is not valid; nothing was compiled. `message` is AWS's own text without its ` at [Source: …` position. */
export class InvalidEventPatternException extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(`Event pattern is not valid. Reason: ${reason}`);
    this.name = 'InvalidEventPatternException';
    this.reason = reason;
  }
}

/** The event is no JSON object, which EventBridge answers with a `ValidationException` (recorded 2024-12-06). */
export class InvalidEventException extends Error {
  constructor(options?: ErrorOptions) {
    super('Parameter Event is not valid.', options);
    this.name = 'ValidationException';
  }
}
