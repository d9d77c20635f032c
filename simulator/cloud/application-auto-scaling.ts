/**
 * Application Auto Scaling, namespace `kafka`: MSK's own storage scaling, for the clusters that a test registers. It grows a
 * cluster's storage by max(10 GiB, 10 %) when its fullest broker is above the target, at most once in 6 h, looks every
 * minute, and goes through the same rules as everybody (aws-facts 1.4; MSK guide msk-autoexpand-details).
 */
import type { SimulatedCloud } from './cloud.ts';
import type { SimulatedMsk } from './msk.ts';
import { page } from './msk/page.ts';
import { AwsError, type Authorization, type Call, type Service } from './service.ts';

const namespace = 'kafka';
const dimension = 'kafka:broker-storage:VolumeSize';
const minute = 60_000;
const scaledEveryMs = 6 * 60 * minute;
const stepGibMin = 10;
const stepFraction = 0.1;
/** SDK application-auto-scaling DescribeScalableTargetsRequest, DescribeScalingPoliciesRequest: MaxResults; ResourceIds ≤ 50 [K]. */
const targetsPageMax = 50;
const policiesPageMax = 10;
const resourceIdsMax = 50;

export interface ScalableTarget {
  clusterArn: string;
  minGib: number;
  maxGib: number;
  /** 10 to 80. */
  targetPercent: number;
  registeredAtMs: number;
  /** When storage was last grown by it. */
  scaledAtMs: number;
  /** Tries that MSK refused. */
  refusals: number;
}

export class SimulatedScaling implements Service {
  readonly name = 'application-autoscaling';
  readonly #cloud: SimulatedCloud;
  readonly #msk: SimulatedMsk;
  readonly #targets = new Map<string, ScalableTarget>();
  #isLooking = false;

  constructor(cloud: SimulatedCloud, msk: SimulatedMsk) {
    this.#cloud = cloud;
    this.#msk = msk;
  }

  /** Hands a cluster's storage to it, with a target tracking policy. */
  registerTarget({
    clusterArn,
    maxGib,
    targetPercent,
  }: {
    clusterArn: string;
    maxGib: number;
    targetPercent: number;
  }): ScalableTarget {
    const minGib = this.#msk.cluster(clusterArn).volumeGib;
    if (minGib === undefined) throw new Error(`${clusterArn} has no volumes to scale`);
    if (!(targetPercent >= 10 && targetPercent <= 80)) throw new RangeError(`a target of ${targetPercent} %`);
    const registeredAtMs = this.#cloud.clock.nowMs();
    const target = { clusterArn, minGib, maxGib, targetPercent, registeredAtMs, scaledAtMs: -Infinity, refusals: 0 };
    this.#targets.set(clusterArn, target);
    if (!this.#isLooking) this.#look();
    return target;
  }

  deregisterTarget(clusterArn: string): void {
    this.#targets.delete(clusterArn);
  }

  authorize({ operation }: Call): Authorization[] {
    // Describe* know no resources (service authorization reference, AWS Application Auto Scaling) [K].
    return [{ action: `${this.name}:${operation}`, resources: ['*'], context: {} }];
  }

  handle({ operation, input }: Call): unknown {
    const asked = this.#asked(input, operation);
    if (operation === 'DescribeScalableTargets') {
      const { items, ...token } = page(asked, input, { max: targetsPageMax, refusal: invalid });
      return { ScalableTargets: items.map((target) => this.#targetOutput(target)), ...token };
    }
    if (operation === 'DescribeScalingPolicies') {
      const { items, ...token } = page(asked, input, { max: policiesPageMax, refusal: invalid });
      return { ScalingPolicies: items.map((target) => this.#policyOutput(target)), ...token };
    }
    throw new Error(`the simulated Application Auto Scaling does not know ${operation}`);
  }

  #asked(input: Record<string, unknown>, operation: string): ScalableTarget[] {
    const { ServiceNamespace, ResourceIds, ResourceId, ScalableDimension } = input;
    if (ServiceNamespace === undefined) throw invalid('ServiceNamespace must not be null');
    const single = ResourceId === undefined ? undefined : [ResourceId];
    const ids = (operation === 'DescribeScalableTargets' ? ResourceIds : single) as string[] | undefined;
    if (ids !== undefined && ids.length > resourceIdsMax) throw invalid(`at most ${resourceIdsMax} ResourceIds`);
    if (ScalableDimension !== undefined && ids === undefined) {
      throw invalid('If you specify a scalable dimension, you must also specify a resource ID');
    }
    if (ServiceNamespace !== namespace || (ScalableDimension ?? dimension) !== dimension) return [];
    return [...this.#targets.values()].filter(({ clusterArn }) => ids?.includes(clusterArn) ?? true);
  }

  #targetOutput({ clusterArn, minGib, maxGib, registeredAtMs }: ScalableTarget): Record<string, unknown> {
    const role = 'kafka.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_KafkaCluster';
    return {
      ServiceNamespace: namespace,
      ResourceId: clusterArn,
      ScalableDimension: dimension,
      MinCapacity: minGib,
      MaxCapacity: maxGib,
      RoleARN: `arn:aws:iam::${this.#cloud.account}:role/aws-service-role/${role}`,
      CreationTime: new Date(registeredAtMs),
      SuspendedState: {
        DynamicScalingInSuspended: false,
        DynamicScalingOutSuspended: false,
        ScheduledScalingSuspended: false,
      },
    };
  }

  #policyOutput({ clusterArn, targetPercent, registeredAtMs }: ScalableTarget): Record<string, unknown> {
    const { region, account } = this.#cloud;
    const name = `${this.#msk.cluster(clusterArn).clusterName}-broker-storage-scaling-policy`;
    return {
      PolicyARN: `arn:aws:autoscaling:${region}:${account}:scalingPolicy:${name}:resource/kafka/${clusterArn}:policyName/${name}`,
      PolicyName: name,
      ServiceNamespace: namespace,
      ResourceId: clusterArn,
      ScalableDimension: dimension,
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: targetPercent,
        PredefinedMetricSpecification: { PredefinedMetricType: 'KafkaBrokerStorageUtilization' },
        DisableScaleIn: true,
      },
      Alarms: [],
      CreationTime: new Date(registeredAtMs),
    };
  }

  #look(): void {
    this.#isLooking = this.#targets.size > 0;
    if (!this.#isLooking) return;
    this.#cloud.clock.after(minute, () => {
      for (const target of this.#targets.values()) this.#scale(target);
      this.#look();
    });
  }

  #scale(target: ScalableTarget): void {
    const nowMs = this.#cloud.clock.nowMs();
    const { clusterArn, targetPercent, maxGib } = target;
    const { volumeGib = 0, state } = this.#msk.cluster(clusterArn);
    if (nowMs < target.scaledAtMs + scaledEveryMs || state !== 'ACTIVE' || volumeGib >= maxGib) return;
    if (100 * this.#msk.disks(clusterArn).mostUsedFraction(nowMs) <= targetPercent) return;
    const step = Math.max(stepGibMin, Math.ceil(volumeGib * stepFraction));
    try {
      this.#msk.foreignUpdate(clusterArn, { volumeGib: Math.min(maxGib, volumeGib + step) }, this.name);
      target.scaledAtMs = nowMs;
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      target.refusals += 1;
    }
  }
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message, 400);
}
