/**
 * `npm run bench:sweep [-- --json]`: what the sweep of a very large fleet asks of AWS and costs, and how close a storm of
 * growths comes to what EC2's own request bucket allows.
 *
 * The real template of a generated fleet, deployed into the simulator, whose rules of request limits are EC2's
 * (docs/facts/rules.md). First 10,000 volumes and 200 MSK clusters are swept and nothing is due, while half of each bucket
 * is used by others; then 2,000 volumes must grow at once, with the bucket for ModifyVolume full. Exits 1 where a goal is
 * missed.
 */
import { latencyMs } from './sweep/world.ts';
import { quietSweep, type QuietSweep } from './sweep/quiet.ts';
import { storm as runStorm, type Storm } from './sweep/storm.ts';

const goals = { ec2Calls: 60, virtualSeconds: 60, ratio: 1.03, pairsInOrder: 0.98 };

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
const dollars = (value: number): string => `$${value.toFixed(value < 1 ? 4 : 2)}`;
const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;

/** What was to be reached and was not. */
function missed(sweep: QuietSweep, storm: Storm): string[] {
  const misses: [boolean, string][] = [
    [sweep.status !== 'SUCCEEDED', `the sweep ended ${sweep.status}`],
    [sweep.ec2Calls > goals.ec2Calls, `${sweep.ec2Calls} EC2 calls, at most ${goals.ec2Calls}`],
    [!(sweep.virtualSeconds <= goals.virtualSeconds), `${sweep.virtualSeconds} s, at most ${goals.virtualSeconds}`],
    [sweep.throttled > 0, `${sweep.throttled} of the sweep's calls were throttled`],
    [storm.grown < storm.volumes, `${storm.grown} of ${storm.volumes} growths were proven`],
    [!(storm.ratio <= goals.ratio), `the storm took ${storm.ratio.toFixed(3)} of the bound, at most ${goals.ratio}`],
    [storm.throttled > 0, `${storm.throttled} of the storm's calls were throttled`],
    [storm.pairsInOrder < goals.pairsInOrder, `${percent(storm.pairsInOrder)} in order of urgency`],
  ];
  return misses.filter(([isMissed]) => isMissed).map(([, what]) => what);
}

const row = (label: string, value: string | number, goal = ''): string =>
  `  ${label.padEnd(34)}${String(value).padStart(12)}  ${goal}`;

function print(sweep: QuietSweep, storm: Storm): void {
  const { counts, usdBy } = sweep;
  console.log(
    [
      `A sweep of ${sweep.volumes} volumes and ${sweep.mskClusters} MSK clusters, half of each bucket used by others`,
      row('EC2 calls', sweep.ec2Calls, `at most ${goals.ec2Calls}`),
      row('virtual seconds', sweep.virtualSeconds.toFixed(1), `at most ${goals.virtualSeconds}`),
      row('throttled', sweep.throttled, 'none'),
      row('metrics read', counts.metrics),
      row('state transitions, children incl.', counts.transitions),
      row('USD', dollars(sweep.usd), `GetMetricData ${dollars(usdBy.cloudwatch ?? 0)}`),
      row('USD a month, every 15 minutes', dollars(sweep.usdPerMonth)),
      '',
      `A storm of ${storm.volumes} volumes that are due at once`,
      row('seconds to the last ModifyVolume', storm.virtualSeconds.toFixed(1)),
      row('bound: (volumes - 50) / 5', storm.boundSeconds.toFixed(1)),
      row('ratio', storm.ratio.toFixed(3), `at most ${goals.ratio}`),
      row('throttled', storm.throttled, 'none'),
      row('pairs in order of urgency', percent(storm.pairsInOrder), `at least ${percent(goals.pairsInOrder)}`),
      row('growths proven on their hosts', storm.grown),
      row('Describe calls a growth', describes(storm)),
      '',
      `Each call takes ${latencyMs.low} to ${latencyMs.high} ms of virtual time. Prices: simulator/run/prices.ts.`,
    ].join('\n'),
  );
}

const describes = ({
  describesPerGrowth: { DescribeInstances = 0, DescribeVolumes = 0, DescribeVolumesModifications = 0 },
}: Storm) => (DescribeInstances + DescribeVolumes + DescribeVolumesModifications).toFixed(2);

const sweep = await quietSweep();
const storm = await runStorm();
const misses = missed(sweep, storm);
if (process.argv.includes('--json')) {
  const { volumes, ec2Calls, throttled, mskClusters, counts, usdBy } = sweep;
  console.log(
    JSON.stringify(
      {
        version: 1,
        sweep: {
          volumes,
          ec2Calls,
          virtualSeconds: sweep.virtualSeconds,
          throttled,
          usd: rounded(sweep.usd, 6),
          usdPerMonth: rounded(sweep.usdPerMonth, 2),
          usdBy: Object.fromEntries(Object.entries(usdBy).map(([key, usd]) => [key, rounded(usd, 6)])),
          mskClusters,
          metrics: counts.metrics,
          transitions: counts.transitions,
          calls: counts.calls,
        },
        storm: {
          volumes: storm.volumes,
          virtualSeconds: storm.virtualSeconds,
          boundSeconds: storm.boundSeconds,
          ratio: rounded(storm.ratio, 4),
          throttled: storm.throttled,
          pairsInOrder: rounded(storm.pairsInOrder, 4),
          grown: storm.grown,
          describesPerGrowth: storm.describesPerGrowth,
        },
        latencyMs,
        missed: misses,
      },
      null,
      2,
    ),
  );
} else print(sweep, storm);
for (const what of misses) console.error(`missed: ${what}`);
if (misses.length > 0) process.exitCode = 1;
