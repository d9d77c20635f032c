/**
 * One activity of the virtual clock may have several SDK calls under way (`Promise.all`). The clock knows one state per
 * activity, running or parked; here the calls are counted, so that the activity parks once, when all its calls sleep,
 * and goes on when the first of them wakes. What an activity left over when it ended never goes on: Lambda freezes it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { VirtualClock } from '../clock.ts';

interface Activity {
  calls: number;
  asleep: number;
  away: boolean;
  ended: boolean;
  settling: boolean;
  woken: (() => void)[];
  resume: (() => void) | undefined;
}

export class Activities {
  readonly #clock: VirtualClock;
  readonly #current = new AsyncLocalStorage<Activity>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Runs one invocation of a function, inside an activity of the clock (`clock.spawn`). */
  run<T>(work: () => Promise<T>): Promise<T> {
    const activity: Activity = {
      calls: 0,
      asleep: 0,
      away: false,
      ended: false,
      settling: false,
      woken: [],
      resume: undefined,
    };
    return this.#current.run(activity, async () => {
      try {
        return await work();
      } finally {
        activity.ended = true;
      }
    });
  }

  /** Counts one SDK call, from before its first middleware to its end. */
  async call<T>(work: () => Promise<T>): Promise<T> {
    const activity = this.#current.getStore();
    if (activity === undefined) return work();
    activity.calls++;
    try {
      return await work();
    } finally {
      activity.calls--;
      if (activity.asleep > 0) this.#settle(activity);
    }
  }

  /** Lets virtual time pass for the calling SDK call only. Outside of `run` it parks the clock's activity directly. */
  sleep(delayMs: number): Promise<void> {
    const activity = this.#current.getStore();
    if (activity === undefined || activity.calls === 0) return this.#clock.sleep(delayMs);
    activity.asleep++;
    return new Promise((resolve) => {
      this.#clock.after(delayMs, () => {
        activity.woken.push(resolve);
        activity.resume?.();
      });
      this.#settle(activity);
    });
  }

  /** Parks the activity once its other calls have had their turn, if by then all of them sleep. */
  #settle(activity: Activity): void {
    if (activity.settling) return;
    activity.settling = true;
    setImmediate(() => {
      activity.settling = false;
      if (activity.ended || activity.away || activity.asleep === 0 || activity.asleep < activity.calls) return;
      void this.#rest(activity);
    });
  }

  async #rest(activity: Activity): Promise<void> {
    activity.away = true;
    await this.#clock.park<void>((resolve) => {
      activity.resume = resolve;
    });
    activity.away = false;
    activity.resume = undefined;
    const woken = activity.woken.splice(0);
    activity.asleep -= woken.length;
    for (const wake of woken) wake();
  }
}
