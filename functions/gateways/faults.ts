/**
 * What AWS can answer instead of an answer, as faults that say who acts next. Gateways make them from tables
 * (`classify.ts`); a state machine matches their names.
 */
import { DefectFault, RefusedFault, TransientFault } from '../runtime/fault.ts';

/**
 * The volume may not be modified yet: four times per rolling 24 h, formerly once per 6 h (aws-facts 2.1). Nothing was
 * changed. `retryAtMs` (epoch) where the text names a time; `spacingMs` where it names only the distance from the last
 * modification, as the older text does; often neither.
 */
export class VolumeModificationLimit extends TransientFault {
  readonly retryAtMs?: number;
  readonly spacingMs?: number;

  constructor(message: string, when: { retryAtMs?: number; spacingMs?: number }, options?: ErrorOptions) {
    super('VolumeModificationLimit', message, options);
    if (when.retryAtMs !== undefined) this.retryAtMs = when.retryAtMs;
    if (when.spacingMs !== undefined) this.spacingMs = when.spacingMs;
  }
}

/** The previous modification is not `completed` yet. Nothing was changed. */
export class ModificationInProgress extends TransientFault {
  constructor(message: string, options?: ErrorOptions) {
    super('ModificationInProgress', message, options);
  }
}

/** The Region's storage quota for the volume's type is used up. Nothing was changed. */
export class VolumeQuotaExceeded extends RefusedFault {
  constructor(message: string, options?: ErrorOptions) {
    super('VolumeQuotaExceeded', message, options);
  }
}

export class VolumeNotFound extends RefusedFault {
  constructor(message: string, options?: ErrorOptions) {
    super('VolumeNotFound', message, options);
  }
}

/** A volume that cannot be changed by its user: managed by an AWS service, or of a type or state that has no modification. */
export class UnsupportedVolume extends RefusedFault {
  constructor(message: string, options?: ErrorOptions) {
    super('UnsupportedVolume', message, options);
  }
}

/** IAM said no, or there are no valid credentials. Nothing was changed. */
export class AccessDenied extends RefusedFault {
  constructor(message: string, options?: ErrorOptions) {
    super('AccessDenied', message, options);
  }
}

/** Too many requests. Nothing was changed. */
export class Throttled extends TransientFault {
  constructor(message: string, options?: ErrorOptions) {
    super('Throttled', message, options);
  }
}

/** A mutation was sent and its answer did not come, or could not be read: whether it took effect is unknown. Read the world before anything else. */
export class AnswerLost extends TransientFault {
  constructor(message: string, options?: ErrorOptions) {
    super('AnswerLost', message, options);
  }
}

/** A read got no answer (time-out, reset connection, 5xx) after the SDK's own retries. Nothing was to be changed. */
export class ServiceUnavailable extends TransientFault {
  constructor(message: string, options?: ErrorOptions) {
    super('ServiceUnavailable', message, options);
  }
}

/** SSM does not reach the instance: agent down, not registered, or instance not running. Nothing was sent. */
export class HostUnreachable extends TransientFault {
  constructor(message: string, options?: ErrorOptions) {
    super('HostUnreachable', message, options);
  }
}

/** `CurrentVersion` was not the cluster's present one: somebody else updated it in between. Nothing was changed. */
export class StaleClusterVersion extends TransientFault {
  constructor(message: string, options?: ErrorOptions) {
    super('StaleClusterVersion', message, options);
  }
}

/** MSK may not change the storage again yet: at least six hours, often a day (aws-facts 1.1). Nothing was changed. */
export class StorageCoolDown extends TransientFault {
  constructor(message: string, options?: ErrorOptions) {
    super('StorageCoolDown', message, options);
  }
}

/** The cluster is updating, healing or in maintenance. Nothing was changed. */
export class ClusterNotActive extends TransientFault {
  constructor(message: string, options?: ErrorOptions) {
    super('ClusterNotActive', message, options);
  }
}

/** The cluster has this size already. Nothing was changed. */
export class StorageUnchanged extends RefusedFault {
  constructor(message: string, options?: ErrorOptions) {
    super('StorageUnchanged', message, options);
  }
}

/** MSK grows by at least 10 GiB and never shrinks. Nothing was changed. */
export class StorageStepTooSmall extends RefusedFault {
  constructor(message: string, options?: ErrorOptions) {
    super('StorageStepTooSmall', message, options);
  }
}

/** MSK refused in words that no table knows. Nothing was changed; who asked decides what it means. */
export class UnknownRefusal extends RefusedFault {
  constructor(message: string, options?: ErrorOptions) {
    super('UnknownRefusal', message, options);
  }
}

/** There is no such cluster (any more). Nothing was changed. */
export class ClusterNotFound extends RefusedFault {
  constructor(message: string, options?: ErrorOptions) {
    super('ClusterNotFound', message, options);
  }
}

/** There is no such topic (any more). Nothing was changed. */
export class TopicNotFound extends RefusedFault {
  constructor(message: string, options?: ErrorOptions) {
    super('TopicNotFound', message, options);
  }
}

/** A schedule of this name exists and would do something else. Nothing was changed. */
export class ScheduleNameTaken extends RefusedFault {
  constructor(message: string, options?: ErrorOptions) {
    super('ScheduleNameTaken', message, options);
  }
}

/** An object is larger than a function can hold. Nothing was written. */
export class ObjectTooLarge extends DefectFault {
  constructor(message: string, options?: ErrorOptions) {
    super('ObjectTooLarge', message, options);
  }
}

/** An object is gone or not what its reference says: somebody changed it. */
export class ObjectDamaged extends DefectFault {
  constructor(message: string, options?: ErrorOptions) {
    super('ObjectDamaged', message, options);
  }
}

/** An AWS error that no table knows, or an answer without a field that it must have. */
export class UnknownAwsError extends DefectFault {
  constructor(message: string, options?: ErrorOptions) {
    super('UnknownAwsError', message, options);
  }
}

/** The listener of a Kafka cluster is not what the fleet file says (`kafka.security`), or its certificate is not trusted. Nothing was changed. */
export class ListenerMismatch extends RefusedFault {
  constructor(message: string, options?: ErrorOptions) {
    super('ListenerMismatch', message, options);
  }
}

/** The brokers are too old for the calls that are made. Nothing was changed. */
export class BrokersUnsupported extends RefusedFault {
  constructor(message: string, options?: ErrorOptions) {
    super('BrokersUnsupported', message, options);
  }
}

/** A Kafka error that no table knows, or an answer that is larger than a function can pass on. */
export class UnknownKafkaError extends DefectFault {
  constructor(message: string, options?: ErrorOptions) {
    super('UnknownKafkaError', message, options);
  }
}
