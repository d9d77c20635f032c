/** `validate [FILE]`: is the fleet file right, and with `--account`: does the account look as it says? Changes nothing. */
import type { Fleet } from '../../functions/fleet/fleet.ts';
import type { Account } from '../account.ts';
import { ec2Findings } from '../checks/ec2.ts';
import type { Finding } from '../checks/finding.ts';
import { mskFindings } from '../checks/msk.ts';
import type { Context } from '../context.ts';
import { fleetFileDefault, readFleet } from '../fleet-file.ts';
import { EXIT, type Outcome } from '../outcome.ts';

export async function validate(
  context: Context,
  { file, account }: { file?: string; account?: boolean },
): Promise<Outcome> {
  const path = file ?? context.options.fleet ?? fleetFileDefault;
  const simulated =
    context.options.simulated !== undefined && file === undefined && context.options.fleet === undefined;
  const fleet = simulated ? (await context.account()).fleet : readFleet(path, (name) => context.readFile(name)).fleet;
  const summary = summaryOf(fleet);
  const named = simulated ? 'the simulated fleet' : path;
  if (account !== true)
    return { json: { valid: true, file: path, ...summary }, text: `${named} is valid: ${sentence(summary)}.` };

  const opened = await context.account();
  const findings = await findingsOf(opened, fleet);
  const problems = findings.filter(({ severity }) => severity === 'problem');
  const shown = findings.map(({ severity, cluster, message }) => {
    const label = severity === 'problem' ? context.paint.red('problem') : context.paint.yellow('note   ');
    return `${label}  ${cluster}: ${message}`;
  });
  const verdict =
    problems.length === 0
      ? 'The account looks as it says.'
      : `${problems.length === 1 ? '1 problem' : `${problems.length} problems`} in the account.`;
  return {
    json: { valid: true, file: path, ...summary, findings },
    text: [`${named} is valid: ${sentence(summary)}.`, ...shown, verdict].join('\n'),
    exitCode: problems.length === 0 ? EXIT.ok : EXIT.failure,
  };
}

function summaryOf(fleet: Fleet): { fleet: string; clusters: number; acting: number } {
  const acting = fleet.clusters.filter(({ mode }) => mode === 'act').length;
  return { fleet: fleet.name, clusters: fleet.clusters.length, acting };
}

function sentence({ fleet, clusters, acting }: ReturnType<typeof summaryOf>): string {
  return `fleet ${fleet}, ${clusters} cluster${clusters === 1 ? '' : 's'}, ${acting} in mode act`;
}

/** In the order of the file. */
async function findingsOf(account: Account, fleet: Fleet): Promise<Finding[]> {
  const msk = await mskFindings(
    account,
    fleet.clusters.filter((cluster) => cluster.kind === 'msk'),
  );
  const findings: Finding[] = [];
  for (const cluster of fleet.clusters) {
    findings.push(
      ...(cluster.kind === 'ec2'
        ? await ec2Findings(account, cluster)
        : msk.filter((finding) => finding.cluster === cluster.name)),
    );
  }
  return findings;
}
