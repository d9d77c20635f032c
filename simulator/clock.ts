/**
 * Virtual time. A heap of timers; the clock advances only while no activity runs. An activity is a piece of async work
 * that was begun by a timer; it is running until it ends or parks. One timer's activities come to rest before the next
 * timer fires, so that real asynchrony beneath (promises, web crypto, dynamic imports) can't change the order of things.
 */
import type { Clock } from '../functions/runtime/clock.ts';

interface Timer {
  atMs: number;
  sequence: number;
  fire: (() => void) | undefined;
}

export class VirtualClock implements Clock {
  #nowMs: number;
  #sequence = 0;
  #running = 0;
  #heap: Timer[] = [];
  #rest: (() => void) | undefined;
  #failure: { error: unknown } | undefined;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /**
   * Fires once at `atMs` (now, if that has passed). Returns the cancel. Clocks show whole milliseconds; delays with a
   * fraction (back-off, jitter) are rounded up, so that nothing happens early.
   */
  at(atMs: number, fire: () => void): () => void {
    const timer: Timer = { atMs: Math.max(Math.ceil(atMs), this.#nowMs), sequence: this.#sequence++, fire };
    this.#push(timer);
    return () => {
      timer.fire = undefined;
    };
  }

  after(delayMs: number, fire: () => void): () => void {
    return this.at(this.#nowMs + Math.max(0, delayMs), fire);
  }

  /** Begins an activity at this instant, after everything that already waits for it. */
  spawn<T>(work: () => Promise<T>): Promise<T> {
    return this.spawnAt(this.#nowMs, work);
  }

  spawnAt<T>(atMs: number, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.at(atMs, () => {
        this.#running++;
        work().then(
          (value) => {
            resolve(value);
            this.#leave();
          },
          (error: unknown) => {
            reject(error);
            this.#leave();
          },
        );
      });
    });
  }

  /** The calling activity rests until the outcome comes; it then goes on as a timer of its own. */
  park<T>(subscribe: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let settled = false;
      const resume = (go: () => void): void => {
        if (settled) return;
        settled = true;
        this.at(this.#nowMs, () => {
          this.#running++;
          go();
          // The continuation runs in microtasks; it holds its place until it parks or ends.
        });
      };
      subscribe(
        (value) => resume(() => resolve(value)),
        (error) => resume(() => reject(error)),
      );
      this.#leave();
    });
  }

  /** Parks the calling activity for this long. */
  sleep(delayMs: number): Promise<void> {
    return this.park((resolve) => {
      this.after(delayMs, () => resolve());
    });
  }

  /** A failure that must end the run, e.g. of an activity that nobody awaits. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /**
   * Fires timers in order up to and including `untilMs`, then stands there.
   * @param afterEach is called whenever everything has come to rest
   */
  async run(untilMs: number, afterEach?: () => void): Promise<void> {
    for (;;) {
      const timer = this.#heap[0];
      if (timer === undefined || timer.atMs > untilMs) break;
      this.#pop();
      if (timer.fire === undefined) continue;
      this.#nowMs = timer.atMs;
      timer.fire();
      if (this.#running > 0) await new Promise<void>((resolve) => (this.#rest = resolve));
      if (this.#failure !== undefined) throw this.#failure.error;
      afterEach?.();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Epoch milliseconds of the next timer, if any. */
  nextMs(): number | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].fire === undefined) this.#pop();
    return this.#heap[0]?.atMs;
  }

  #leave(): void {
    this.#running--;
    if (this.#running > 0) return;
    const rest = this.#rest;
    this.#rest = undefined;
    rest?.();
  }

  #before(a: Timer, b: Timer): boolean {
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const up = (index - 1) >> 1;
      const parent = heap[up] as Timer;
      if (!this.#before(timer, parent)) break;
      heap[index] = parent;
      index = up;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Timer;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = child + 1;
      if (right < heap.length && this.#before(heap[right] as Timer, heap[child] as Timer)) child = right;
      if (!this.#before(heap[child] as Timer, last)) break;
      heap[index] = heap[child] as Timer;
      index = child;
    }
    heap[index] = last;
  }
}
