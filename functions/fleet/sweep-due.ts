/** What a sweep finds to be due, and in which order it is started. Pure. */
import type { GrowthDecision } from '../storage/index.ts';

/** One execution that the sweep wants; `start-workflow` takes it as it is. */
export interface Wanted {
  source: 'sweep';
  workflow: 'storage-scaling' | 'host-inspection' | 'retention-restore';
  cluster: string;
  /** A volume's id or `msk/<cluster>`, an instance's id, `topics/<cluster>`. */
  subject: string;
  slot: string;
  reliefId?: string;
}

export interface Due {
  start: Wanted;
  /** How soon it has to be done. */
  withinHours: number;
  /** Among equally urgent ones the fuller is first. */
  usedFraction?: number;
  /** The execution that holds the storage: while it runs, nothing is started. */
  holder?: string;
}

/** Shortened retention that may be given back as far as one part of its cluster shows. */
export interface ReliefLook {
  start: Wanted;
  /** Its time has come, whatever the disks say. */
  isOver: boolean;
  /** There is room on all brokers of this part. */
  hasRoom: boolean;
  /** How many parts the cluster has. */
  of: number;
}

export interface DuePage {
  due: Due[];
  reliefs: ReliefLook[];
}

/** What EC2 takes in a quarter of an hour; more than that is the next sweep's. */
export const growthsMax = 4_000;
/** Hosts asked in one sweep: a fleet's are looked at once a day, between the age of 20 hours and that of 24. */
export const inspectionsMax = 400;

/** Urgency of what the forecast has no hour for. */
const someTime = Number.MAX_SAFE_INTEGER;
export const atLast = Number.MAX_VALUE;
/** An emergency without a forecast: a disk that is nearly full, and level. */
const emergencyHours = 4;

/** How soon a growth, or a call for a person, has to come. */
export function hoursLeft({ evidence: { fullInHours = someTime, emergency } }: GrowthDecision): number {
  return emergency === true ? Math.min(fullInHours, emergencyHours) : fullInHours;
}

/** The most urgent first. */
export function inOrder(due: readonly Due[]): Due[] {
  return due.toSorted((a, b) => a.withinHours - b.withinHours || (b.usedFraction ?? 0) - (a.usedFraction ?? 0));
}

/** @param due in order */
export function bounded(due: readonly Due[]): { due: Due[]; left: number } {
  let [growths, inspections] = [0, 0];
  const taken = due.filter(({ start: { workflow } }) =>
    workflow === 'host-inspection' ? (inspections += 1) <= inspectionsMax : (growths += 1) <= growthsMax,
  );
  return { due: taken, left: due.length - taken.length };
}

/** Given back at its time, or once there is room on all of the cluster; undone before anything new is begun. */
export function restores(looks: readonly ReliefLook[]): Due[] {
  return [...Map.groupBy(looks, ({ start }) => start.subject).values()].flatMap((parts): Due[] => {
    const [first] = parts;
    if (first === undefined) return [];
    const hasRoom = parts.length === first.of && parts.every((part) => part.hasRoom);
    return hasRoom || parts.some(({ isOver }) => isOver) ? [{ start: first.start, withinHours: 0 }] : [];
  });
}
