import { describe, expect, it } from '@jest/globals';
import { parseFleet, renderProblem } from '../../functions/fleet/parse.ts';

const HEAD = 'version: 1\nname: demo\n';
const NETWORKS = `networks:
  private-a: { subnetIds: [subnet-0123456789abcdef0], securityGroupIds: [sg-0123456789abcdef0] }
`;
const PEM = '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----\n';
const cluster = (kafka: object, name = 'orders'): string =>
  `  - { name: ${name}, kind: ec2, brokers: { tags: { k: ${name} } }, mountPoints: [/d], kafka: ${JSON.stringify(kafka)} }\n`;
const listener = {
  network: 'private-a',
  bootstrapServers: ['b-1.internal:9092', '10.0.0.2:9092'],
  security: 'plaintext',
};
const fleetOf = (text: string) => {
  const result = parseFleet(text, 'fleet.yaml');
  return result.ok ? result.fleet : result.problems.map(renderProblem);
};
const problemOf = (kafka: object, networks = NETWORKS) => fleetOf(`${HEAD}${networks}clusters:\n${cluster(kafka)}`);

describe('an EC2 cluster with a Kafka listener', () => {
  it('is reached from within a network of the fleet', () => {
    expect(problemOf(listener)).toMatchObject({
      networks: {
        'private-a': { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] },
      },
      clusters: [{ name: 'orders', kafka: listener }],
    });
  });

  it('has none unless the file says so', () => {
    const fleet = fleetOf(
      `${HEAD}clusters:\n  - { name: a, kind: ec2, brokers: { tags: { k: v } }, mountPoints: [/d] }\n`,
    );
    expect(fleet).not.toHaveProperty('networks');
    expect(fleet).not.toHaveProperty('clusters.0.kafka');
  });

  it('trusts authorities of its own, over TLS', () => {
    expect(problemOf({ ...listener, security: 'tls', certificateAuthorities: PEM })).toMatchObject({
      clusters: [{ kafka: { security: 'tls', certificateAuthorities: PEM } }],
    });
  });

  it.each([
    [
      'a network that does not exist',
      { ...listener, network: 'private-b' },
      'one of private-a; did you mean "private-a"?, found "private-b"',
    ],
    ['no servers', { ...listener, bootstrapServers: [] }, "at least one broker's address, found []"],
    ['a server without a port', { ...listener, bootstrapServers: ['b-1'] }, 'host:port, found "b-1"'],
    ['a server as an URL', { ...listener, bootstrapServers: ['https://b-1:9092'] }, 'host:port'],
    [
      'SCRAM',
      { ...listener, security: 'sasl-scram' },
      "'plaintext' or 'tls' (sasl-scram and iam are not supported yet), found \"sasl-scram\"",
    ],
    [
      'authorities that are no PEM',
      { ...listener, security: 'tls', certificateAuthorities: 'my-ca' },
      'certificates in PEM form',
    ],
    [
      'authorities without TLS',
      { ...listener, certificateAuthorities: PEM },
      'no certificateAuthorities without security: tls',
    ],
    [
      'a password',
      { ...listener, password: 'x' },
      'expected one of network, bootstrapServers, security, certificateAuthorities, found "password"',
    ],
  ])('is refused with %s', (_title, kafka, expected) => {
    expect(problemOf(kafka)).toEqual([expect.stringContaining(expected)]);
  });

  it('is refused where there are no networks at all', () => {
    expect(problemOf(listener, '')).toEqual([
      expect.stringContaining(
        `clusters[0].kafka.network: expected a network, but there are none: add 'networks', found "private-a"`,
      ),
    ]);
  });

  it('is not for kind msk', () => {
    const arn = 'arn:aws:kafka:eu-central-1:111122223333:cluster/b/6357e0b2-5';
    const text = `${HEAD}${NETWORKS}clusters:\n  - { name: b, kind: msk, clusterArn: "${arn}", kafka: ${JSON.stringify(listener)} }\n`;
    expect(fleetOf(text)).toEqual([expect.stringContaining('kafka is for kind ec2')]);
  });
});

const problems = (network: string) =>
  fleetOf(`${HEAD}networks:\n  ${network}\nclusters:\n${cluster({ ...listener, network: 'private-a' })}`);

describe('a network', () => {
  it.each([
    ['without subnets', 'private-a: { subnetIds: [], securityGroupIds: [sg-01234567] }', 'at least one subnet id'],
    [
      'without security groups',
      'private-a: { subnetIds: [subnet-01234567], securityGroupIds: [] }',
      'at least one security group id',
    ],
    [
      'with a VPC for a subnet',
      'private-a: { subnetIds: [vpc-01234567], securityGroupIds: [sg-01234567] }',
      "a subnet's id",
    ],
    [
      'with six security groups',
      `private-a: { subnetIds: [subnet-01234567], securityGroupIds: [${Array.from({ length: 6 }, (_, at) => `sg-0123456${at}`).join(', ')}] }`,
      'at most 5',
    ],
  ])('is refused %s', (_title, network, expected) => {
    expect(problems(network)).toEqual([expect.stringContaining(expected)]);
  });

  it.each([
    ['with 18 characters', 'a'.repeat(18), 0],
    ['with 19 characters', 'a'.repeat(19), 1],
    ['with capitals', 'Private', 1],
  ])('has a name that fits into that of a function: %s', (_title, name, count) => {
    const fleet = fleetOf(
      `${HEAD}networks:\n  ${name}: { subnetIds: [subnet-01234567], securityGroupIds: [sg-01234567] }\nclusters:\n${cluster({ ...listener, network: name })}`,
    );
    expect(Array.isArray(fleet) ? fleet.length > 0 : false).toBe(count > 0);
  });
});
