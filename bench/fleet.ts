/**
 * `npm run bench:fleet [-- --json]`: how long it takes to read and check a fleet file of 1,000 clusters, the most that
 * one may have: both kinds, in groups, with values of their own here and there. The first of the runs is the one that a
 * person waits for, its code not yet compiled, so the slowest counts. Exits 1 above the limit.
 */
import { parseFleet, renderProblem } from '../functions/fleet/parse.ts';

const clusters = 1_000;
const runs = 20;
const maxMsLimit = 1_000;

const groups = `groups:
  small: { policy: { stepGibMax: 100, sizeGibMax: 1000 } }
  large: { policy: { stepGibMax: 1000, clusterUsdPerMonthMax: 20000 } }
  logs:
    mountPoints: [/data1, /data2]
    retentionRelief: { enabled: true, retentionHoursMin: 12, exclude: [audit-*, payments] }
  regulated:
    mode: observe
    maintenanceWindows: [{ days: [sat, sun], from: "22:00", to: "04:00" }]
`;
const groupNames = ['small', 'large', 'logs', 'regulated'];

/** Every second one on EC2; every tenth with a policy of its own. */
function clusterText(index: number): string {
  const name = `team-${index}`;
  const where =
    index % 2 === 0
      ? `kind: msk\n    clusterArn: arn:aws:kafka:eu-central-1:111122223333:cluster/${name}/${uuid(index)}`
      : `kind: ec2\n    brokers: { tags: { kafka-cluster: ${name} } }`;
  const own = index % 10 < 2 ? `    policy: { usedFractionMax: 0.8, approvalAboveUsdPerMonth: ${index} }\n` : '';
  return `  - name: ${name}\n    ${where}\n    group: ${groupNames[index % groupNames.length]}\n${own}`;
}

const uuid = (index: number): string => `6357e0b2-0e6a-4b86-a0b4-${index.toString(16).padStart(12, '0')}-5`;

const text = `version: 1
name: bench
account: "111122223333"
region: eu-central-1
defaults:
  mode: act
  mountPoints: [/data1]
  policy: { stepGibMin: 20 }
${groups}clusters:
${Array.from({ length: clusters }, (_, index) => clusterText(index)).join('')}`;

const ms = Array.from({ length: runs }, () => {
  const startedMs = performance.now();
  const parsed = parseFleet(text, 'bench.yaml');
  const tookMs = performance.now() - startedMs;
  if (!parsed.ok) throw new Error(`this is no fleet:\n${parsed.problems.slice(0, 5).map(renderProblem).join('\n')}`);
  return tookMs;
});

const inOrder = ms.toSorted((a, b) => a - b);
const round = (value: number | undefined): number => Math.round((value ?? Number.NaN) * 10) / 10;
const result = {
  version: 1,
  fleet: {
    clusters,
    groups: groupNames.length,
    kilobytes: Math.round(text.length / 1_000),
    runs,
    medianMs: round(inOrder[Math.floor(runs / 2)]),
    maxMs: round(inOrder.at(-1)),
    maxMsLimit,
  },
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result, null, 2));
else {
  const { kilobytes, medianMs, maxMs } = result.fleet;
  console.log(`${clusters} clusters in ${groupNames.length} groups, ${kilobytes} kB, ${runs} runs`);
  console.log(`median ${medianMs} ms, max ${maxMs} ms, limit ${maxMsLimit} ms`);
}
if (!(result.fleet.maxMs <= maxMsLimit)) process.exitCode = 1;
