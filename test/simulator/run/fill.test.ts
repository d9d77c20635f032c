import { describe, expect, it } from '@jest/globals';
import { reliefMs, withSurges } from '../../../simulator/fill/index.ts';
import { fillFor } from '../../../simulator/run/fill.ts';
import { planWorld } from '../../../simulator/run/world.ts';
import { parseTrace, type Trace } from '../../../simulator/traces/trace.ts';
import { exampleFleet } from './a-fleet.ts';

const gib = 2 ** 30;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const startMs = Date.UTC(2026, 0, 5);

const still = (usedGib: number) => {
  const shortened: string[] = [];
  const usedBytes = () => usedGib * gib;
  return { shortened, usedBytes, shortenRetention: (id: string) => void shortened.push(id), notes: ['a note'] };
};

describe('withSurges', () => {
  const surge = { startMs: startMs + hourMs, durationMs: 4 * hourMs, gib: 40, keptMs: dayMs };
  const usedGib = (fill: ReturnType<typeof withSurges>, hours: number, volumeId = 'a'): number =>
    Math.round(fill.usedBytes(volumeId, startMs + hours * hourMs) / gib);

  it('adds data evenly, keeps it, and loses it as it came, on that volume alone', () => {
    const fill = withSurges(still(10));
    fill.surge('a', surge);
    expect([0, 1, 3, 5, 25, 27, 29, 40].map((hours) => usedGib(fill, hours))).toEqual([10, 10, 30, 50, 50, 30, 10, 10]);
    expect(usedGib(fill, 5, 'b')).toBe(10);
    expect(fill.notes).toEqual(['a note']);
  });

  it('lets an operator’s relief take its part of it, as soon as brokers delete', () => {
    const model = still(10);
    const fill = withSurges(model);
    fill.surge('a', surge);
    const atMs = startMs + 6 * hourMs;
    fill.shortenRetention('a', atMs, 0.5);
    expect([atMs, atMs + reliefMs / 2, atMs + reliefMs].map((ms) => fill.usedBytes('a', ms) / gib)).toEqual([
      50, 40, 30,
    ]);
    expect(model.shortened).toEqual(['a']);
  });
});

/** A day whose first hours differ. */
const traceOf = (rate: number): Trace => {
  const rows = Array.from({ length: 24 }, (_, hour) => {
    return `${new Date(startMs + hour * hourMs).toISOString()},${hour < 10 ? rate : 1}`;
  });
  return parseTrace(['time,value', ...rows].join('\n'), `rate ${rate}`);
};

describe('fillFor', () => {
  const world = planWorld(exampleFleet(), 1);
  const brokers = world.filter(({ kind }) => kind === 'msk');
  const at = { seed: 1, startMs };

  it('fills the brokers of an MSK cluster at about one pace', () => {
    const { model } = fillFor(world, { kind: 'model' }, at);
    const grown = brokers.map(({ volumeId, sizeGib, usedFraction }) => {
      expect(model.usedBytes(volumeId, startMs) / gib / sizeGib).toBeCloseTo(usedFraction, 6);
      return model.usedBytes(volumeId, startMs + 28 * dayMs) / model.usedBytes(volumeId, startMs);
    });
    expect(Math.min(...grown)).toBeGreaterThan(1.3);
    // But for each one's bursts; 2 and 4 % a day would be a factor of 1.7 apart.
    expect(Math.max(...grown) / Math.min(...grown)).toBeLessThan(1.35);
  });

  it('fills them from one trace, the next after the volumes on EC2', () => {
    const traces = Array.from({ length: 7 }, (_, index) => traceOf(index + 1));
    const options = { kind: 'traces' as const, path: 'x', traces, meanFillHours: 72, retentionHours: 100_000 };
    const { model } = fillFor(world, options, at);
    const arrived = world.map(({ volumeId, usedFraction }) =>
      Math.round(model.usedBytes(volumeId, startMs + 10 * hourMs) / gib - usedFraction * 100),
    );
    expect(arrived.slice(-3)).toEqual([arrived.at(-1), arrived.at(-1), arrived.at(-1)]);
    expect(new Set(arrived).size).toBeGreaterThan(5);
  });
});
