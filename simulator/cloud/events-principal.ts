/** An AWS service that acts by itself (a rule, an alarm): its right comes from the policy of the resource it acts on. */
import type { Principal } from './service.ts';

export interface ServicePrincipal extends Principal {
  /** e.g. `events.amazonaws.com`. */
  service: string;
  /** `aws:SourceArn` of its requests. */
  sourceArn: string;
}

export function servicePrincipal(service: string, sourceArn: string): ServicePrincipal {
  return { roleArn: '', name: service, service, sourceArn };
}

export function isServicePrincipal(principal: Principal): principal is ServicePrincipal {
  return 'service' in principal;
}
