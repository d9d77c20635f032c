/**
 * The ledger and the cloud tell the same story: before each effect its intent, for each intent at most one effect, and
 * after it the truth.
 *
 * Sending the idempotent script again under an intent that stands open is allowed (functions/storage: grow-filesystem);
 * a second modification under one intent never is. Of a topic's configs the relief is the intent: see `relief.ts`.
 */
import type { Intent } from '../../functions/gateways/ledger/ledger.ts';
import type { Checker, InvariantWorld, Mutation, Report } from './checker.ts';
import { isGrowth, subjectOf, volumeIdOf } from './storage.ts';

/** Clocks of the cloud and of the step that wrote the intent are one here; calls take some time. */
const skewMs = 60_000;

export function intents(world: InvariantWorld, report: Report): Checker {
  const bySubject = new Map<string, Map<string, Intent>>();
  /** Start of the modification that each intent brought about. */
  const effectOf = new Map<string, number>();

  const settledAs = ({ intentId, subject, status, request }: Intent): void => {
    const volumeId = volumeIdOf(subject);
    const hadEffect = effectOf.has(intentId);
    if (hadEffect && (status === 'refused' || status === 'not-done')) {
      report('ledger-agrees', subject, `intent ${intentId} was settled as ${status}, but the volume was modified`);
    }
    if (status !== 'accepted') return;
    const targetGib = Number(request['sizeGib']);
    const found = world.volume(volumeId)?.modifications.some((one) => !one.foreign && one.targetGib === targetGib);
    if (!hadEffect && found !== true) {
      report(
        'ledger-agrees',
        subject,
        `intent ${intentId} was settled as accepted, but nothing was modified to ${targetGib} GiB`,
      );
    }
  };

  const open = (mutation: Mutation): Intent[] =>
    [...(bySubject.get(subjectOf(mutation.volumeId))?.values() ?? [])].filter(
      (intent) => (intent.status === 'intended' || intent.status === 'unknown') && fits(intent, mutation),
    );

  return {
    intentWritten({ intent }) {
      const { subject, intentId, action, foreign } = intent;
      const known = bySubject.get(subject) ?? new Map<string, Intent>();
      bySubject.set(subject, known.set(intentId, intent));
      if (isGrowth(action) && foreign !== true) settledAs(intent);
    },
    accepted(mutation) {
      if (mutation.topic !== undefined) return;
      const candidates = open(mutation);
      const subject = mutation.volumeId === '' ? mutation.instanceIds.join(',') : subjectOf(mutation.volumeId);
      const [intent] = candidates;
      if (intent === undefined) {
        report(
          'intent-before-effect',
          subject,
          `${mutation.action} by ${mutation.by} without an open intent that fits`,
        );
        return;
      }
      // What came of a command whose answer was lost stays unknown; the script runs again under an intent of its own.
      const rivals = candidates.filter(({ action, status }) => isGrowth(action) || status === 'intended');
      if (rivals.length > 1) {
        report('intent-before-effect', subject, `${mutation.action} fits ${rivals.length} open intents`);
      }
      if (!isGrowth(mutation.action)) return;
      if (effectOf.has(intent.intentId)) {
        report('one-effect-per-intent', subject, `a second ${mutation.action} under the intent ${intent.intentId}`);
      }
      effectOf.set(intent.intentId, mutation.atMs);
    },
    executionEnded({ name, status, executionArn }) {
      // Stopped and timed-out executions run no Catch: what they left open is settled by the next operation.
      if (status !== 'SUCCEEDED' && status !== 'FAILED') return;
      for (const known of bySubject.values()) {
        for (const intent of known.values()) {
          if (intent.status === 'intended' && name.startsWith(intent.operationId)) {
            report(
              'ledger-agrees',
              intent.subject,
              `${executionArn} ended and left the intent ${intent.intentId} open`,
            );
          }
        }
      }
      for (const [subject, known] of bySubject) forget(subject, known);
    },
  };

  /** Intents that are settled and old can't be anyone's any more; the last ones are kept for late settling. */
  function forget(subject: string, known: Map<string, Intent>): void {
    const oldMs = world.nowMs() - 3 * 86_400_000;
    for (const [intentId, { status, atMs }] of known) {
      if (status === 'intended' || status === 'unknown' || atMs > oldMs) continue;
      known.delete(intentId);
      effectOf.delete(intentId);
    }
    if (known.size === 0) bySubject.delete(subject);
  }
}

/** The same action, with the same arguments, intended before. */
function fits({ action, request, atMs }: Intent, mutation: Mutation): boolean {
  if (action !== mutation.action || atMs > mutation.atMs + skewMs) return false;
  if (isGrowth(mutation.action)) return Number(request['sizeGib']) === mutation.sizeGib;
  return request['document'] === mutation.document && mutation.instanceIds.every((id) => id === request['instanceId']);
}
