/** The pages that a sweep is cut into: what was listed of some clusters, as an object, looked at by one execution. Pure. */
import type { Listed } from '../storage/index.ts';

/** Volumes of one page: one call of GetMetricData, and some megabytes. */
const volumesMax = 500;
/** Clusters of one page, however small: each is asked for in the ledger. */
const clustersMax = 100;

export interface PagePart {
  cluster: string;
  listed: Listed['seen'][];
  /** Data volumes of the cluster that are on other pages, GiB. */
  elsewhereGib: number;
  /** How many parts the cluster has. */
  of: number;
  /** What concerns the cluster as a whole is looked at with its first part. */
  isFirst: boolean;
}

export interface Page {
  parts: PagePart[];
}

/** One entry of the list that `SurveyPages` maps over. */
export interface PageItem {
  page: { bucket: string; key: string; sha256: string };
  number: number;
  /** The sweep's execution. */
  slot: string;
  /** When the sweep was due: in which turn of the hour it is. */
  dueAtMs: number;
}

/**
 * Brokers stay whole, their order stays as it was; a cluster may lie on several pages, and lies on one even if nothing is
 * listed of it.
 */
export function cutPages(clusters: readonly { name: string; listed: readonly Listed[] }[]): Page[] {
  const pages: Page[] = [];
  let volumes = 0;
  let open: Page | undefined;
  const partFor = (name: string, more: number): PagePart => {
    const last = open?.parts.at(-1);
    const isNew = last?.cluster !== name;
    const hasRoom = volumes === 0 || volumes + more <= volumesMax;
    if (open === undefined || !hasRoom || (isNew && open.parts.length >= clustersMax)) {
      pages.push((open = { parts: [] }));
      volumes = 0;
    } else if (last !== undefined && !isNew) return last;
    const part = { cluster: name, listed: [], elsewhereGib: 0, of: 0, isFirst: false };
    open.parts.push(part);
    return part;
  };
  for (const { name, listed } of clusters) {
    const parts = new Map<PagePart, number>();
    if (listed.length === 0) parts.set(partFor(name, 0), 0);
    for (const entry of listed) {
      const part = partFor(name, entry.volumes);
      part.listed.push(entry.seen);
      volumes += entry.volumes;
      parts.set(part, (parts.get(part) ?? 0) + entry.totalGib);
    }
    const totalGib = [...parts.values()].reduce((sum, gib) => sum + gib, 0);
    [...parts].forEach(([part, gib], index) => {
      Object.assign(part, { elsewhereGib: totalGib - gib, of: parts.size, isFirst: index === 0 });
    });
  }
  return pages;
}
