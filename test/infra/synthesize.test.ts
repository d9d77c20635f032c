import { describe, expect, it } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, findEntries } from '../../infra/bundle.ts';
import { allow } from '../../infra/permissions.ts';
import { addStack, newApp, prepareDist } from '../../infra/synthesize.ts';
import { exampleFleet, fleetWithMsk, mskCluster, synthesizeTemplate, temporaryFolder } from './synthesized.ts';

const hashes = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((file) => file.isFile())
      .map(({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [path.slice(folder.length), createHash('sha256').update(readFileSync(path)).digest('hex')];
      }),
  );

describe('bundle', () => {
  it('gives the same bytes twice, with no path of this machine in them', async () => {
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    await bundle(findEntries(), first);
    await bundle(findEntries(), second);
    expect(hashes(first)).toEqual(hashes(second));
    for (const { verb } of findEntries()) {
      expect(readFileSync(join(first, verb, 'index.mjs'), 'utf8')).not.toContain(process.cwd());
    }
  });
});

describe('synthesize', () => {
  it('gives the same template twice', async () => {
    const [first, second] = [await synthesizeTemplate(exampleFleet()), await synthesizeTemplate(exampleFleet())];
    expect(first.text).toBe(second.text);
  });

  it('passes the AwsSolutions rules of cdk-nag and CloudFormation’s own checks', async () => {
    const fleet = fleetWithMsk(mskCluster('payments'), mskCluster('orders'));
    const { directory } = await synthesizeTemplate(fleet, { validation: true });
    expect(JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8'))).toMatchObject({
      pluginReports: [],
    });
  });

  it('fails on a permission that nobody gave a reason for', async () => {
    const dist = temporaryFolder();
    await prepareDist(exampleFleet(), dist);
    const outdir = join(temporaryFolder(), 'assembly');
    const app = newApp(outdir);
    const stack = addStack(app, { fleet: exampleFleet(), dist });
    const role = new Role(stack, 'Careless', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    allow(role, [{ actions: ['s3:GetObject'], resources: ['*'] }]);
    expect(() => app.synth()).toThrow(/validation-report\.json/);
    expect(readFileSync(join(outdir, 'validation-report.json'), 'utf8')).toContain('AwsSolutions-IAM5[Resource::*]');
  });
});

describe('the construct', () => {
  it('goes on with a ledger that was kept, and creates none', async () => {
    const dist = temporaryFolder();
    await prepareDist(exampleFleet(), dist);
    const app = newApp(join(temporaryFolder(), 'assembly'));
    const stack = addStack(app, { fleet: exampleFleet(), dist, ledgerTable: 'kept-ledger', rules: false });
    const template = JSON.stringify(app.synth().getStackByName(stack.stackName).template);
    expect(template).toContain('"LEDGER_TABLE":"kept-ledger"');
    expect(template).not.toContain('AWS::DynamoDB::Table"');
  });

  it('uses a key of one’s own for ledger and topic', async () => {
    const dist = temporaryFolder();
    await prepareDist(exampleFleet(), dist);
    const app = newApp(join(temporaryFolder(), 'assembly'));
    const keys = new Stack(app, 'keys');
    const key = new Key(keys, 'Key', { enableKeyRotation: true });
    const stack = addStack(app, { fleet: exampleFleet(), dist, encryptionKey: key, rules: false });
    const template = JSON.stringify(app.synth().getStackByName(stack.stackName).template);
    expect(template).toContain('"SSEType":"KMS"');
    expect(template).toContain('KmsMasterKeyId');
  });
});
