/** Projections: the parts of an item that were asked for; elements of lists close ranks. */
import { parseProjection } from './parse.ts';
import { type Path, type Placeholders, refuseOverlaps } from './placeholders.ts';
import { copied, type Item, type Value } from './values.ts';

/** What is wanted below a step: everything, or some further steps. */
type Wanted = 'all' | Map<string | number, Wanted>;

const kind = 'ProjectionExpression';

/** @throws AwsError ValidationException */
export function toProjection(source: string, placeholders: Placeholders): (item: Item) => Item {
  const paths = parseProjection(source, kind).map((path) => placeholders.path(path, kind));
  refuseOverlaps(paths, kind);
  const wanted = toTree(paths);
  return (item) => {
    const picked = pick({ M: item }, wanted);
    return picked !== undefined && 'M' in picked ? picked.M : {};
  };
}

function toTree(paths: Path[]): Wanted {
  if (paths.some((path) => path.length === 0)) return 'all';
  const bySteps = Map.groupBy(paths, ([step]) => step as string | number);
  return new Map([...bySteps].map(([step, group]) => [step, toTree(group.map((path) => path.slice(1)))]));
}

function pick(value: Value, wanted: Wanted): Value | undefined {
  if (wanted === 'all') return copied(value);
  if ('M' in value) {
    const item: Item = {};
    for (const [step, below] of wanted) {
      const member = typeof step === 'string' && Object.hasOwn(value.M, step) ? value.M[step] : undefined;
      const picked = member && pick(member, below);
      if (picked !== undefined) item[step] = picked;
    }
    return Object.keys(item).length === 0 ? undefined : { M: item };
  }
  if (!('L' in value)) return undefined;
  const elements = value.L.flatMap((element, i) => {
    const below = wanted.get(i);
    const picked = below && pick(element, below);
    return picked === undefined ? [] : [picked];
  });
  return elements.length === 0 ? undefined : { L: elements };
}
