/**
 * The CloudWatch agents on the brokers: `CWAgent disk_used_percent` by InstanceId and path (`drop_device`, aggregated by
 * [InstanceId, path]: aws-facts 2.3), computed when asked for. Agents may fall silent, read zero or hang at a value.
 */
import type { HostFilesystem, SimulatedHosts } from '../host.ts';
import { minuteMs, type Aggregate, type MetricStore, type Series } from './metrics.ts';

/** A sample of minute m is seen from m + 1 min on: the agent's interval of 60 s, and a few seconds on the way [?]. */
const visibleAfterMs = minuteMs;
const dayMs = 86_400_000;
const minutesPerDay = dayMs / minuteMs;

export interface AgentFault {
  /** Without it: all instances. */
  instanceId?: string;
  /** Without it: all file systems of the instance. */
  mountPoint?: string;
  /** `gap`: nothing is measured; `zero`: the reading is 0; `stale`: the reading stays as it was at the beginning. */
  kind: 'gap' | 'zero' | 'stale';
  fromMs: number;
  /** Exclusive; default: until it is ended. */
  toMs?: number;
}

export class CloudWatchAgents {
  readonly #faults: AgentFault[] = [];

  constructor(hosts: SimulatedHosts, store: MetricStore) {
    hosts.onMount((host) => store.register(new DiskUsed(host, hosts, this.#faults)));
  }

  /** Returns the end of it, at a time. */
  disturb(fault: AgentFault): (atMs: number) => void {
    const lasting = { ...fault, toMs: fault.toMs ?? Infinity };
    this.#faults.push(lasting);
    return (atMs) => {
      lasting.toMs = Math.min(lasting.toMs, atMs);
    };
  }
}

const gap = -1;

class DiskUsed implements Series {
  readonly namespace = 'CWAgent';
  readonly name = 'disk_used_percent';
  readonly dimensions: Readonly<Record<string, string>>;
  readonly #host: HostFilesystem;
  readonly #hosts: SimulatedHosts;
  readonly #faults: readonly AgentFault[];
  /** What was measured, by day: each minute is computed once. NaN: not yet; -1: a gap. */
  readonly #days = new Map<number, Float64Array>();

  constructor(host: HostFilesystem, hosts: SimulatedHosts, faults: readonly AgentFault[]) {
    this.#host = host;
    this.#hosts = hosts;
    this.#faults = faults;
    this.dimensions = { InstanceId: host.instanceId, path: host.mountPoint };
  }

  collect(fromMs: number, toMs: number, nowMs: number, into: Aggregate): void {
    const lastMs = Math.min(toMs - minuteMs, nowMs - visibleAfterMs);
    for (let atMs = fromMs; atMs <= lastMs; atMs += minuteMs) {
      const value = this.#read(atMs);
      if (value === gap) continue;
      into.sum += value;
      into.count += 1;
      if (value < into.min) into.min = value;
      if (value > into.max) into.max = value;
    }
  }

  #read(atMs: number): number {
    for (const { instanceId, mountPoint, kind, fromMs, toMs = Infinity } of this.#faults) {
      if (atMs < fromMs || atMs >= toMs) continue;
      if (instanceId !== undefined && instanceId !== this.#host.instanceId) continue;
      if (mountPoint !== undefined && mountPoint !== this.#host.mountPoint) continue;
      if (kind === 'gap') return gap;
      const isAlive = this.#measured(atMs) !== gap;
      if (kind === 'zero') return isAlive ? 0 : gap;
      return isAlive ? this.#measured(Math.floor(fromMs / minuteMs) * minuteMs) : gap;
    }
    return this.#measured(atMs);
  }

  #measured(atMs: number): number {
    const day = Math.floor(atMs / dayMs);
    let values = this.#days.get(day);
    if (values === undefined) {
      values = new Float64Array(minutesPerDay).fill(Number.NaN);
      this.#days.set(day, values);
    }
    const index = (atMs - day * dayMs) / minuteMs;
    const known = values[index] as number;
    if (!Number.isNaN(known)) return known;
    const value = this.#hosts.usedPercent(this.#host, atMs) ?? gap;
    values[index] = value;
    return value;
  }
}
