/**
 * What MSK means when it refuses. Pure. Everything a planner must tell apart comes as BadRequestException, so the text
 * decides (aws-facts 1.1); texts are matched loosely, and one that no pattern knows is `unknown`: a person decides,
 * nothing is retried. Patterns marked [?] were never seen in MSK's own words.
 */
import type { FaultTable, MakeFault } from './classify.ts';
import {
  AccessDenied,
  ClusterNotActive,
  ClusterNotFound,
  StaleClusterVersion,
  StorageCoolDown,
  StorageStepTooSmall,
  StorageUnchanged,
  UnknownRefusal,
} from './faults.ts';

export type RefusalKind = 'stale-version' | 'no-change' | 'step-too-small' | 'cool-down' | 'not-active' | 'unknown';

/** First match wins. MSK writes both ' and ’, so any character may stand there. */
const TABLE: readonly (readonly [RefusalKind, RegExp])[] = [
  // "The version of the cluster isn't current. Check the current version and try again." [tf#25061; with ’: tf#24767]
  ['stale-version', /\bversion\b[^.]*\b(?:is not|isn.?t|not)\s+(?:the\s+)?(?:current|latest)\b/i],
  // "The request does not include any updates to the EBS volumes of the cluster. Verify the request, then try again."
  // [tf#37043, cloudposse/terraform-aws-msk-apache-kafka-cluster#99; matched by the Terraform provider: tf#24767]
  ['no-change', /(?:\bnot|n.t)\s+include\s+any\s+(?:updates|changes)\b/i],
  // "To update storage, you must increase it by at least 10 GiB." Also the answer to a smaller size than the present
  // one. [tf#20327, cloudformation-coverage-roadmap#1129]
  ['step-too-small', /\bby\s+at\s+least\s+\d+\s*Gi?B\b/i],
  // A second expansion "fails with 'storage is optimizing'": quoted, the whole sentence was never seen [skill
  // manage-storage.md]. "cool-down" is the guide's word for it [DG msk-update-storage].
  ['cool-down', /\boptimi[sz]/i],
  ['cool-down', /\bcool(?:ing)?[\s-]?down\b/i],
  // EBS's words for the same, should MSK pass them on (aws-facts 2.1) [?]
  ['cool-down', /\bmodification\s+rate\b/i],
  // "You can't get bootstrap broker nodes for a cluster in FAILED state." [tf#37471]: such a cluster does not come back by waiting.
  ['unknown', /\b(?:FAILED|DELETING)\b|\b(?:failed|deleting)\s+state\b/],
  // "must be in the ACTIVE state" [DG manually-expand-storage, msk-cluster-states], in the form of tf#37471 [?]
  ['not-active', /\bACTIVE\b|\bactive\s+state\b|\b(?:not|isn.?t)\s+(?:yet\s+)?active\b/],
  ['not-active', /\b(?:UPDATING|HEALING|MAINTENANCE|REBOOTING_BROKER|CREATING)\b/],
  ['not-active', /\b(?:updating|healing|maintenance|rebooting|creating)\s+state\b|\b(?:in|under)\s+maintenance\b/i],
  ['not-active', /\bcluster\b[^.]*\bstate\b|\bstate\s+of\s+the\s+cluster\b/i], // [?]
  ['not-active', /\boperation\b[^.]*\b(?:in\s+progress|ongoing|pending|running)\b/i], // [?]
  // "Wait at least 6 hours between modifications per EBS volume" and the like (aws-facts 2.1) [?]
  [
    'cool-down',
    /\b(?:storage|volumes?|EBS)\b[^]*\b(?:wait|hours?)\b|\b(?:wait|hours?)\b[^]*\b(?:storage|volumes?|EBS)\b/i,
  ],
];

export function refusalKind(text: string): RefusalKind {
  return TABLE.find(([, pattern]) => pattern.test(text))?.[0] ?? 'unknown';
}

const REFUSALS: Readonly<Record<RefusalKind, MakeFault>> = {
  'stale-version': (message, options) => new StaleClusterVersion(message, options),
  'no-change': (message, options) => new StorageUnchanged(message, options),
  'step-too-small': (message, options) => new StorageStepTooSmall(message, options),
  'cool-down': (message, options) => new StorageCoolDown(message, options),
  'not-active': (message, options) => new ClusterNotActive(message, options),
  unknown: (message, options) => new UnknownRefusal(message, options),
};

const accessDenied: MakeFault = (message, options) => new AccessDenied(message, options);

/** MSK's codes that mean the same in each of its calls [SDK kafka]. TooManyRequestsException is in every service's table. */
export const mskFaults: FaultTable = {
  ForbiddenException: accessDenied,
  UnauthorizedException: accessDenied,
  NotFoundException: (message, options) => new ClusterNotFound(message, options),
};

/** UpdateBrokerStorage's refusals; nothing was changed by any of them. */
export const storageFaults: FaultTable = {
  ...mskFaults,
  BadRequestException: (message, options) => REFUSALS[refusalKind(message)](message, options),
};
