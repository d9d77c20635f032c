/** What an operator names: a cluster of the fleet, or a volume. */
import type { Cluster, Fleet } from '../functions/fleet/fleet.ts';
import { didYouMean } from '../functions/fleet/nearest.ts';
import { partsOfArn } from '../functions/fleet/schema.ts';
import { WrongInput } from './outcome.ts';

/** A fleet may have a thousand. */
const namesShown = 10;

/** @throws WrongInput with the name that was probably meant */
export function clusterNamed(fleet: Fleet, name: string): Cluster {
  const cluster = fleet.clusters.find((candidate) => candidate.name === name);
  if (cluster !== undefined) return cluster;
  const names = fleet.clusters.map((candidate) => candidate.name);
  const more = names.length > namesShown ? ` and ${names.length - namesShown} more` : '';
  const hint = didYouMean(name, names) || `, only ${names.slice(0, namesShown).join(', ')}${more}`;
  throw new WrongInput(`fleet ${fleet.name} has no cluster ${name}${hint}`);
}

/**
 * @param named `vol-…`, `msk/<cluster>` or an MSK cluster's name
 * @returns the volume id as plans and the ledger have it
 * @throws WrongInput
 */
export function volumeIdNamed(fleet: Fleet, named: string): string {
  if (/^vol-[0-9a-z]+$/.test(named)) return named;
  const name = named.replace(/^msk\//, '');
  const cluster = fleet.clusters.find((candidate) => candidate.name === name);
  if (cluster?.kind === 'msk') return `msk/${name}`;
  if (cluster !== undefined)
    throw new WrongInput(
      `cluster ${name} has brokers on EC2, where each volume grows by itself: name one, vol-…, of kafka-autopilot plan ${name}`,
    );
  const names = fleet.clusters.filter(({ kind }) => kind === 'msk').map((candidate) => candidate.name);
  throw new WrongInput(
    `expected a volume id, vol-…, or an MSK cluster's name, found ${JSON.stringify(named)}${didYouMean(name, names)}`,
  );
}

/** Storage that grows on all brokers of an MSK cluster together. */
export function isMsk({ volumeId }: { volumeId: string }): boolean {
  return volumeId.startsWith('msk/');
}

/** Hands the storage of an MSK cluster over: the command that ends Application Auto Scaling's part (aws-facts 1.4). */
export function deregisterCommand(clusterArn: string): string {
  return (
    `aws application-autoscaling deregister-scalable-target --region ${partsOfArn(clusterArn).region} ` +
    `--service-namespace kafka --scalable-dimension kafka:broker-storage:VolumeSize --resource-id ${clusterArn}`
  );
}
