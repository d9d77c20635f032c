/**
 * TransactWriteItems: all or nothing, with the reasons in the order of the items, and client request tokens that make
 * the same request one transaction for ten minutes (API reference TransactWriteItems). Nothing runs side by side here, so
 * there are no conflicts of its own; tests inject them as errors.
 */
import { AwsError } from '../service.ts';
import type { Change } from './table.ts';
import { copiedItem, type Item, validation } from './values.ts';
import { changeOf, type Write } from './write.ts';

const itemsMax = 100;
const tokenMs = 10 * 60_000;
const tokenCharactersMax = 36;

interface Reason {
  Code: string;
  Message?: string;
  Item?: Item;
}

/** The changes to make. @throws AwsError TransactionCanceledException, ValidationException */
export function transactionOf(writes: Write[], nowMs: number): Change[] {
  const keys = writes.map(({ table, key }) => JSON.stringify([table.schema.name, key]));
  if (new Set(keys).size < keys.length)
    throw validation('Transaction request cannot include multiple operations on one item');
  const changes: Change[] = [];
  const reasons = writes.map((write): Reason => {
    try {
      const change = changeOf(write, nowMs);
      if (change === undefined) return refusedBy(write, nowMs);
      changes.push(change);
      return { Code: 'None' };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return { Code: 'ValidationError', Message: error.message };
    }
  });
  if (changes.length === writes.length) return changes;
  const codes = reasons.map(({ Code }) => Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  throw new AwsError('TransactionCanceledException', message, 400, { CancellationReasons: reasons });
}

export function checkLength(items: number): void {
  if (items === 0)
    throw validation(
      "Value [] at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  if (items > itemsMax) throw validation(`Member must have length less than or equal to ${itemsMax}`);
}

function refusedBy({ table, key, returnOnFailure }: Write, nowMs: number): Reason {
  const item = returnOnFailure ? table.get(key, nowMs) : undefined;
  return {
    Code: 'ConditionalCheckFailed',
    Message: 'The conditional request failed',
    ...(item !== undefined && { Item: copiedItem(item) }),
  };
}

/** Tokens of transactions that took effect. */
export class RequestTokens {
  readonly #known = new Map<string, { content: string; atMs: number }>();

  /** Whether this very request took effect already. @throws AwsError IdempotentParameterMismatchException */
  isRepeated(token: string, content: string, nowMs: number): boolean {
    if (token.length < 1 || token.length > tokenCharactersMax)
      throw validation(
        `Value '${token}' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to ${tokenCharactersMax}`,
      );
    const known = this.#known.get(token);
    if (known === undefined || nowMs - known.atMs >= tokenMs) return false;
    if (known.content === content) return true;
    throw new AwsError(
      'IdempotentParameterMismatchException',
      'Request with the same token but different parameters was already used',
    );
  }

  remember(token: string, content: string, atMs: number): void {
    // Oldest first: a map keeps the order of insertion.
    for (const [old, known] of this.#known) {
      if (atMs - known.atMs < tokenMs) break;
      this.#known.delete(old);
    }
    this.#known.delete(token);
    this.#known.set(token, { content, atMs });
  }
}
