/** Listings, page by page, with an end. */
import { UnknownAwsError } from './faults.ts';

/**
 * All items of one listing. An empty page is not the last one; a missing token is.
 *
 * @param isLast ends the listing early, by what a page holds
 * @throws UnknownAwsError after `pagesMax` pages: a part is never taken for the whole
 */
export async function pages<T>(
  read: (token: string | undefined) => Promise<{ items: T[]; next: string | undefined }>,
  pagesMax: number,
  isLast: (items: readonly T[]) => boolean = () => false,
): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  for (let count = 0; count < pagesMax; count++) {
    const { items, next } = await read(token);
    all.push(...items);
    if (next === undefined || next === '' || isLast(items)) return all;
    token = next;
  }
  throw new UnknownAwsError(`a listing did not end after ${pagesMax} pages`);
}
