/**
 * Boots the whole system from a cloud assembly: the product as it would be deployed, in a simulated account without
 * brokers. Those are made afterwards, through `ec2` and `hosts`, or through `msk`.
 */
import { join } from 'node:path';
import { ledgerGateway } from '../../functions/gateways/ledger/dynamodb.ts';
import type { Ledger } from '../../functions/gateways/ledger/ledger.ts';
import type { Runtime } from '../../functions/runtime/runtime.ts';
import { VirtualClock } from '../clock.ts';
import { SimulatedScaling } from '../cloud/application-auto-scaling.ts';
import { operator, SimulatedCloud } from '../cloud/cloud.ts';
import { SimulatedCloudWatch } from '../cloud/cloudwatch.ts';
import type { TableDescription } from '../cloud/dynamodb/description.ts';
import { DynamoDbService } from '../cloud/dynamodb/service.ts';
import { SimulatedEc2 } from '../cloud/ec2.ts';
import type { EventsService } from '../cloud/events.ts';
import { SimulatedHosts } from '../cloud/host.ts';
import { readLayerText } from '../cloud/lambda-environment.ts';
import type { LambdaService } from '../cloud/lambda.ts';
import { SimulatedMsk } from '../cloud/msk.ts';
import type { SchedulerService } from '../cloud/scheduler.ts';
import { SimulatedS3 } from '../cloud/s3.ts';
import { connectTo, simulatedClientDefaults } from '../cloud/seam.ts';
import { SimulatedSns } from '../cloud/sns.ts';
import { SimulatedSsm } from '../cloud/ssm.ts';
import type { StatesService } from '../cloud/states.ts';
import type { FillModel } from '../fill/index.ts';
import { readAssembly, type Assembly } from './assembly.ts';
import { deploy, type Deployment } from './deployment.ts';
import { TemplateError } from './errors.ts';
import { meterServices } from './metrics.ts';
import { DeployedSystem } from './simulation.ts';
import { loadTemplate } from './template.ts';

export interface BootOptions {
  /** The cloud assembly's folder, or one made by hand. */
  assembly: string | Assembly;
  seed: number | string;
  /** Epoch milliseconds. */
  startMs: number;
  /** What fills the brokers' volumes. */
  fill: FillModel;
  account?: string;
  region?: string;
  /** Virtual time that a call takes. */
  latencyMs?: number | { low: number; high: number };
  parameters?: Record<string, string>;
  /** What entries in the template's metadata are relative to; default: this project. */
  projectRoot?: string;
}

/** As an API call from Lambda takes it, roughly [?]; not 0, so that what may happen between two calls happens. */
const defaultLatencyMs = { low: 5, high: 60 };

interface Services {
  ec2: SimulatedEc2;
  hosts: SimulatedHosts;
  ssm: SimulatedSsm;
  sns: SimulatedSns;
  cloudwatch: SimulatedCloudWatch;
  dynamodb: DynamoDbService;
  s3: SimulatedS3;
  msk: SimulatedMsk;
  scaling: SimulatedScaling;
}

/** The deployed system and the world around it. */
export class Simulation extends DeployedSystem implements Services {
  readonly ec2: SimulatedEc2;
  readonly hosts: SimulatedHosts;
  readonly ssm: SimulatedSsm;
  readonly sns: SimulatedSns;
  readonly cloudwatch: SimulatedCloudWatch;
  readonly dynamodb: DynamoDbService;
  readonly s3: SimulatedS3;
  readonly msk: SimulatedMsk;
  readonly scaling: SimulatedScaling;
  readonly scheduler: SchedulerService;
  readonly lambda: LambdaService;
  readonly states: StatesService;
  readonly events: EventsService;
  /** What gateways of the operator stand on: the same account, without IAM. */
  readonly operatorRuntime: Runtime;
  readonly ledger: Ledger;

  constructor(cloud: SimulatedCloud, deployment: Deployment, services: Services) {
    super(cloud, deployment);
    this.ec2 = services.ec2;
    this.hosts = services.hosts;
    this.ssm = services.ssm;
    this.sns = services.sns;
    this.cloudwatch = services.cloudwatch;
    this.dynamodb = services.dynamodb;
    this.s3 = services.s3;
    this.msk = services.msk;
    this.scaling = services.scaling;
    this.scheduler = deployment.scheduler;
    this.lambda = deployment.lambda;
    this.states = deployment.states;
    this.events = deployment.events;
    this.operatorRuntime = operatorRuntime(cloud, deployment);
    this.ledger = ledgerGateway(this.operatorRuntime);
  }

  /** For invariants: each write to the ledger's table. */
  onLedgerWrite(
    listen: (after: Record<string, unknown> | undefined, before: Record<string, unknown> | undefined) => void,
  ): void {
    const ledgerTable = this.operatorRuntime.environment['LEDGER_TABLE'];
    this.dynamodb.onWrite((table, _key, before, after) => {
      if (table === ledgerTable) listen(after, before);
    });
  }

  /** Documents that only look at a host, by what their first step is called. */
  get readOnlyDocuments(): ReadonlySet<string> {
    const documents = this.deployment.template.ofType('AWS::SSM::Document');
    return new Set(
      documents.filter(({ properties }) => firstStep(properties['Content']) === 'inspectVolume').map(({ ref }) => ref),
    );
  }
}

/** @throws TemplateError and its kin: what a deployment would refuse, or what the simulator doesn't know */
// eslint-disable-next-line typescript/require-await -- booting may have to read more one day; callers shall not change
export async function bootFromTemplate(options: BootOptions): Promise<Simulation> {
  const { assembly: given, seed, startMs, fill, account = '111122223333', region = 'us-east-1' } = options;
  const assembly = typeof given === 'string' ? readAssembly(given) : given;
  const environment = { account, region, stackName: assembly.stackName };
  const template = loadTemplate(assembly.template, environment, options.parameters);

  const clock = new VirtualClock(startMs);
  const latencyMs = options.latencyMs ?? defaultLatencyMs;
  const cloud = new SimulatedCloud({ clock, seed, account, region, latencyMs });
  const services = addServices(cloud, fill);
  const { cloudwatch, dynamodb, s3, sns, ssm } = services;
  const projectRoot = options.projectRoot ?? join(import.meta.dirname, '../..');
  const deployment = deploy(
    cloud,
    template,
    assembly,
    {
      alarm: ({ name, properties }) => cloudwatch.alarms.load({ ...properties, AlarmName: name }),
      table: ({ name, properties }) =>
        dynamodb.createTable({ ...properties, TableName: name } as unknown as TableDescription),
      topic: ({ arn }) => sns.createTopic(arn),
      document: ({ name, content }) => ssm.registerDocument(name, content),
      bucket: ({ name, rules }) => s3.createBucket(name, rules),
    },
    projectRoot,
  );
  deployment.lambda.onMetrics((line) => cloudwatch.putEmbedded(line));
  meterServices(cloud, deployment, (namespace, name, dimensions, value) =>
    cloudwatch.put(namespace, name, dimensions, value),
  );
  return new Simulation(cloud, deployment, services);
}

function addServices(cloud: SimulatedCloud, fill: FillModel): Services {
  const ec2 = cloud.add(new SimulatedEc2(cloud));
  const hosts = new SimulatedHosts(cloud, ec2, fill);
  const sns = cloud.add(new SimulatedSns(cloud));
  const ssm = cloud.add(new SimulatedSsm(cloud, ec2, hosts));
  const cloudwatch = cloud.add(new SimulatedCloudWatch(cloud, hosts, sns));
  const dynamodb = cloud.add(new DynamoDbService(cloud));
  const s3 = cloud.add(new SimulatedS3(cloud));
  const msk = cloud.add(new SimulatedMsk(cloud, fill, cloudwatch.metrics));
  const scaling = cloud.add(new SimulatedScaling(cloud, msk));
  return { ec2, hosts, ssm, sns, cloudwatch, dynamodb, s3, msk, scaling };
}

/** The environment is what any function has: names are the same for all. */
function operatorRuntime(cloud: SimulatedCloud, { lambda }: Deployment): Runtime {
  const declarations = lambda.declarations();
  const environment: Record<string, string> = { AWS_REGION: cloud.region };
  for (const declaration of declarations) Object.assign(environment, declaration.environment);
  return {
    clock: cloud.clock,
    environment,
    readText(path) {
      const withLayers = declarations.find(({ layers }) => layers.length > 0);
      if (withLayers === undefined) throw new TemplateError(path, 'no function of the template has a layer');
      return readLayerText(withLayers, path);
    },
    clientDefaults: simulatedClientDefaults(cloud),
    connect: connectTo(cloud, operator),
    logLevel: 'SILENT',
  };
}

function firstStep(content: unknown): string | undefined {
  return (content as { mainSteps?: { name?: string }[] }).mainSteps?.[0]?.name;
}
