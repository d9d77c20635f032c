/** Questions to people, and their answers. An answer is for the plan that was shown, and there is one. */
import type { Approval, Ledger } from './ledger.ts';
import { LedgerItemUnreadable } from './faults.ts';
import { PlainApproval, read } from './items.ts';
import { approvalKey } from './keys.ts';
import { expiresAt, recordDays } from './limits.ts';
import { absent, type Store } from './store.ts';

export function approvals(store: Store): Pick<Ledger, 'requestApproval' | 'answerApproval' | 'approval'> {
  return {
    /** An answer to another plan is no answer to this one: the question is put anew. */
    async requestApproval(asked) {
      const { operationId, cluster, planHash, plan, token, requestedAtMs, expiresAtMs } = asked;
      const approval: Approval = { operationId, cluster, planHash, plan, token, requestedAtMs, expiresAtMs };
      const fields = { ...approval, expiresAt: expiresAt(requestedAtMs, recordDays) };
      const put = await store.put(
        approvalKey(operationId),
        'approval',
        fields,
        (x) =>
          `${absent(x)} OR attribute_not_exists(${x.path('answer')}) OR ${x.path('planHash')} <> ${x.value(planHash)}`,
      );
      if (put.written) return approval;
      if (put.item === undefined)
        throw new LedgerItemUnreadable(`the approval of ${operationId} stands and is not there`);
      return read(PlainApproval, 'approval', put.item);
    },

    async answerApproval({ operationId, planHash, answer, by, nowMs }) {
      const given = { answer, answeredBy: by, answeredAtMs: nowMs };
      const { written, item } = await store.update(approvalKey(operationId), (x) => ({
        update: `SET ${x.assign(given)}`,
        condition: [
          x.equal('planHash', planHash),
          `attribute_not_exists(${x.path('answer')})`,
          `${x.path('expiresAtMs')} > ${x.value(nowMs)}`,
        ].join(' AND '),
      }));
      if (item === undefined) return { answered: false, because: 'unknown' };
      const approval = read(PlainApproval, 'approval', item);
      if (written) return { answered: true, approval };
      if (approval.planHash !== planHash) return { answered: false, because: 'other-plan', approval };
      if (approval.answer === undefined) return { answered: false, because: 'expired', approval };
      // A lost answer of DynamoDB's: what stands is exactly what we wrote.
      const ours = approval.answer === answer && approval.answeredBy === by && approval.answeredAtMs === nowMs;
      return ours ? { answered: true, approval } : { answered: false, because: 'answered', approval };
    },

    async approval(operationId) {
      const item = await store.get(approvalKey(operationId));
      return item && read(PlainApproval, 'approval', item);
    },
  };
}
