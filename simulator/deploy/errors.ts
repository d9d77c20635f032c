/** The template can't be deployed, or not simulated: always an error at load, never ignored. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  /** @param at the logical id and path, e.g. `Rule4C1/Targets/0` */
  constructor(at: string, message: string) {
    super(`${at}: ${message}`);
  }
}
