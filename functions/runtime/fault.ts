/**
 * What went wrong, said so that the right one acts next. `name` is the string that a state machine matches in
 * `ErrorEquals`; it is stable and part of the interface between a step and its workflow.
 */

/** Who acts next: the workflow retries, a person decides, or a developer mends. */
export type FaultClass = 'transient' | 'refused' | 'defect';

export abstract class Fault extends Error {
  abstract readonly faultClass: FaultClass;

  constructor(name: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

/** The workflow tries again; nothing is known to have been changed unless the message says so. */
export class TransientFault extends Fault {
  override readonly faultClass = 'transient';
}

/** A person decides. Nothing was changed. */
export class RefusedFault extends Fault {
  override readonly faultClass = 'refused';
}

/** A developer mends: an answer or an input that the code does not know. */
export class DefectFault extends Fault {
  override readonly faultClass = 'defect';
}
