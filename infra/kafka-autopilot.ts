/**
 * Kafka-autopilot as one construct: put it into a stack of your own, or use `app.ts`. It is the only description of what
 * is deployed; the simulator boots from the template that comes of it.
 */
import { CfnOutput, Validations } from 'aws-cdk-lib';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Fleet } from '../functions/fleet/fleet.ts';
import { FleetDashboard } from './dashboard.ts';
import { assertInsightsAlarms, DiskAlarms } from './disk-alarms.ts';
import { Functions } from './functions.ts';
import { HostDocuments } from './host-documents.ts';
import { newLedgerTable } from './ledger-table.ts';
import { loadFleet } from './load-fleet.ts';
import { mskAlarmNamesStart, MskAlarms } from './msk-alarms.ts';
import { assertNamePrefix } from './names.ts';
import { usedNetworks } from './networks.ts';
import { newObjectsBucket } from './objects-bucket.ts';
import { OwnAlarms } from './own-alarms.ts';
import { ReliefSchedules } from './relief-schedules.ts';
import { newTopic } from './topic.ts';
import { Triggers } from './triggers.ts';
import { WarmNetworks } from './warm-networks.ts';
import { Workflows } from './workflows.ts';

export interface KafkaAutopilotProps {
  /** Normalised, or the path of a `fleet.yaml`. */
  fleet: Fleet | string;
  /** What `prepareDist()` filled: one bundle per function, and the fleet for its layer. */
  dist: string;
  /** Starts the name of everything. Default: the fleet's name. */
  namePrefix?: string;
  /** A ledger that exists already, e.g. kept from an earlier stack. */
  ledger?: ITable;
  /** A topic that exists already; its policy must let CloudWatch alarms publish. */
  topic?: ITopic;
  /** Encrypts ledger and topic. Default: keys that AWS owns. */
  encryptionKey?: IKey;
  /** Default: three months. */
  logRetention?: RetentionDays;
  /** Told of alarms beside the topic. */
  alarmActions?: readonly IAlarmAction[];
}

export class KafkaAutopilot extends Construct {
  readonly ledger: ITable;
  readonly topic: ITopic;
  readonly functions: Functions;
  readonly workflows: Workflows;

  constructor(scope: Construct, id: string, props: KafkaAutopilotProps) {
    super(scope, id);
    const fleet = typeof props.fleet === 'string' ? loadFleet(props.fleet).fleet : props.fleet;
    const prefix = props.namePrefix ?? fleet.name;
    assertNamePrefix(prefix);
    const logRetention = props.logRetention ?? RetentionDays.THREE_MONTHS;

    this.ledger = props.ledger ?? newLedgerTable(this, 'Ledger', `${prefix}-ledger`, props.encryptionKey);
    this.topic = props.topic ?? newTopic(this, 'Topic', prefix, fleet.notify.emails, props.encryptionKey);
    const documents = new HostDocuments(this, 'HostDocuments', prefix);
    const objects = newObjectsBucket(this, 'Objects');
    const reliefSchedules = new ReliefSchedules(this, 'Reliefs', prefix);
    const mskClusters = fleet.clusters.filter((cluster) => cluster.kind === 'msk');
    const mskClusterArns = mskClusters.map(({ clusterArn }) => clusterArn);
    const relieved = mskClusters.filter(({ retentionRelief }) => retentionRelief.enabled);
    this.functions = new Functions(this, 'Functions', {
      dist: props.dist,
      logRetention,
      networks: usedNetworks(fleet),
      subjects: {
        prefix,
        ledger: this.ledger,
        topic: this.topic,
        growFilesystem: documents.growFilesystem,
        inspectVolume: documents.inspectVolume,
        mskClusterArns,
        reliefClusterArns: relieved.map(({ clusterArn }) => clusterArn),
        objects,
        reliefSchedules,
      },
      ...(props.encryptionKey && { encryptionKey: props.encryptionKey }),
    });
    const functions = this.functions.all;
    this.workflows = new Workflows(this, 'Workflows', { prefix, functions, objects, logRetention });
    const workflows = this.workflows.all;

    const disks = new DiskAlarms(this, 'Disks', fleet, prefix);
    const msk = new MskAlarms(this, 'MskDisks', fleet, prefix);
    assertInsightsAlarms(disks.alarms.length + msk.insightsAlarms);
    new Triggers(this, 'Triggers', {
      prefix,
      startWorkflow: functions['start-workflow'],
      wakeWaiting: functions['wake-waiting'],
      alarmNames: disks.alarms.map(({ alarmName }) => alarmName),
      adoptedAlarmArns: fleet.adoptedAlarmArns,
      ...(mskClusterArns.length > 0 && { mskAlarmNamesStart: mskAlarmNamesStart(prefix) }),
      documents: [documents.growFilesystem, documents.inspectVolume],
      sweepMinutes: fleet.sweepMinutes,
    });
    const { serveTopics } = this.functions;
    new WarmNetworks(this, 'Networks', prefix, serveTopics);
    new OwnAlarms(this, 'Alarms', {
      prefix,
      functions,
      serveTopics,
      workflows,
      reliefDeadLetters: reliefSchedules.deadLetters,
      sweepMinutes: fleet.sweepMinutes,
      actions: [new SnsAction(this.topic), ...(props.alarmActions ?? [])],
    });
    new FleetDashboard(this, 'Dashboard', {
      prefix,
      functions,
      workflows,
      diskAlarms: disks.alarms,
      hasMsk: mskClusterArns.length > 0,
      ledger: this.ledger,
    });

    new CfnOutput(this, 'LedgerTable', { value: this.ledger.tableName });
    new CfnOutput(this, 'TopicArn', { value: this.topic.topicArn });
    new CfnOutput(this, 'ObjectsBucket', { value: objects.bucketName });
    new CfnOutput(this, 'StartWorkflow', { value: functions['start-workflow'].function.functionName });
    warnOfSilence(this, fleet);
  }
}

function warnOfSilence(scope: Construct, fleet: Fleet): void {
  if (fleet.notify.emails.length > 0) return;
  Validations.of(scope).addWarning(
    'kafka-autopilot:nobody-notified',
    'fleet.notify.emails is empty: unless something else subscribes to the topic, nobody hears of approvals and alarms',
  );
}
