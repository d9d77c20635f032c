/** What a relief is planned from. Pure types; sizes GiB, rates bytes a second, times epoch milliseconds. */
import type { Topic } from '../gateways/types.ts';

/** The fullest broker's volume, or the disk of its fullest log directory. */
export interface BrokerFill {
  brokerId: number;
  usedGib: number;
  capacityGib: number;
  /** Measured rise, 0 where it falls. */
  fillGibPerHour: number;
  /** Time of the newest reading. */
  atMs: number;
}

export interface Placed {
  partition: number;
  leader: number;
  replicas: number[];
}

export interface TopicFacts {
  topic: Topic;
  /** Bytes a second from producers, by the broker that leads; absent: CloudWatch knows none of them. */
  bytesIn?: Record<number, number>;
  placement: Placed[];
  /** Bytes that its replicas on the fullest disk hold, where they were measured; traffic and placement say nothing then. */
  heldBytes?: number[];
}

export interface ReliefFacts {
  nowMs: number;
  fullest: BrokerFill;
  topics: TopicFacts[];
  /** Topics not read because there are too many. */
  unread: number;
}
