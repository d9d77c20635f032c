/**
 * Time and concurrency as one argument, so that the interpreter runs on a virtual clock and on the system's.
 *
 * An activity is a chain of awaits that runs without help from outside; wherever it waits for something that is not
 * microtask progress (a sleep, a token, other activities) it parks. A virtual clock advances only while every activity
 * is parked.
 */

export interface Scheduler {
  /** Epoch milliseconds. */
  nowMs(): number;
  /** Calls `fire` after `delayMs`; the returned cancel makes it never fire. */
  after(delayMs: number, fire: () => void): () => void;
  /** Runs `work` as an activity of its own (a Parallel branch, a Map iteration); settles as `work` does. */
  spawn<T>(work: () => Promise<T>): Promise<T>;
  /** Marks the calling activity as idle until `resolve` or `reject` is called from outside. Later calls are ignored. */
  park<T>(subscribe: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T>;
}

/** setTimeout fires at once for a longer delay than 2^31-1 ms, so a long one is slept in pieces. */
const timerLimitMs = 2_147_483_647;

/** Runs on the system clock. */
export function systemScheduler(): Scheduler {
  return {
    nowMs: () => Date.now(),
    after(delayMs, fire) {
      let timer: NodeJS.Timeout;
      const arm = (leftMs: number) => {
        timer = setTimeout(
          () => (leftMs > timerLimitMs ? arm(leftMs - timerLimitMs) : fire()),
          Math.min(leftMs, timerLimitMs),
        );
      };
      arm(Math.max(0, delayMs));
      return () => clearTimeout(timer);
    },
    spawn: async (work) => work(),
    // A promise settles once: that later calls are ignored comes with it.
    park: (subscribe) => new Promise((resolve, reject) => subscribe(resolve, reject)),
  };
}

interface Timer {
  atMs: number;
  fire: () => void;
  cancelled: boolean;
}

/**
 * A small virtual clock for one execution: waits pass at once, in the order of their times. It advances after one turn
 * of the event loop with no activity running; a task handler that waits for real I/O counts as running.
 */
export function skippingScheduler(startMs: number): Scheduler {
  const timers: Timer[] = [];
  let nowMs = startMs;
  let running = 0;
  let stepScheduled = false;

  const kick = () => {
    if (stepScheduled || running > 0 || timers.length === 0) return;
    stepScheduled = true;
    setImmediate(step);
  };
  const step = () => {
    stepScheduled = false;
    if (running > 0) return;
    const timer = timers.shift();
    if (timer === undefined) return;
    if (!timer.cancelled) {
      nowMs = Math.max(nowMs, timer.atMs);
      timer.fire();
    }
    kick();
  };

  const scheduler: Scheduler = {
    nowMs: () => nowMs,
    after(delayMs, fire) {
      const timer: Timer = { atMs: nowMs + Math.max(0, delayMs), fire, cancelled: false };
      let index = timers.length;
      // Same times keep the order in which they were asked for.
      while (index > 0 && (timers[index - 1]?.atMs ?? 0) > timer.atMs) index -= 1;
      timers.splice(index, 0, timer);
      kick();
      return () => {
        timer.cancelled = true;
      };
    },
    spawn: (work) =>
      new Promise((resolve, reject) => {
        const start = () => {
          running += 1;
          work()
            .then(resolve, reject)
            .finally(() => {
              running -= 1;
              kick();
            });
        };
        scheduler.after(0, start);
      }),
    park: (subscribe) =>
      new Promise((resolve, reject) => {
        let settled = false;
        const once =
          <T>(settle: (value: T) => void) =>
          (value: T) => {
            if (settled) return;
            settled = true;
            running += 1;
            settle(value);
          };
        running -= 1;
        subscribe(once(resolve), once(reject));
        kick();
      }),
  };
  return scheduler;
}
