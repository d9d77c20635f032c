/** Weekly maintenance windows, UTC. Pure. Named apart from decide because windows are a calendar, not a storage rule. */
import type { MaintenanceWindow } from '../fleet/fleet.ts';
import { dayMs } from './limits.ts';

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** @returns the moment, now or later, at which a window is open; `nowMs` if one is open or none is listed */
export function windowOpensMs(windows: readonly MaintenanceWindow[], nowMs: number): number {
  if (windows.length === 0) return nowMs;
  let earliest = Number.POSITIVE_INFINITY;
  const midnightMs = Math.floor(nowMs / dayMs) * dayMs;
  // From yesterday, because a window may run past midnight, to the same weekday of next week.
  for (let offset = -1; offset <= 7; offset++) {
    const dayStartMs = midnightMs + offset * dayMs;
    const day = days[new Date(dayStartMs).getUTCDay()];
    for (const window of windows) {
      if (day === undefined || !window.days.includes(day)) continue;
      const opensMs = dayStartMs + minutesOf(window.from) * 60_000;
      const closesMs =
        dayStartMs + minutesOf(window.to) * 60_000 + (minutesOf(window.to) <= minutesOf(window.from) ? dayMs : 0);
      if (nowMs >= closesMs) continue;
      earliest = Math.min(earliest, Math.max(opensMs, nowMs));
    }
  }
  return earliest;
}

function minutesOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}
