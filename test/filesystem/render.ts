/** Writes the two host scripts as their SSM documents carry them: `inspect.sh` and `grow.sh`, parameters in braces. */
import { readFileSync, writeFileSync } from 'node:fs';
import { hostDocuments } from '../../functions/storage/ec2/host/documents.ts';
import type { CommandDocument } from '../../functions/storage/ec2/host/documents.ts';

const folder = new URL('../../functions/storage/ec2/host/', import.meta.url);
const [target] = process.argv.slice(2);
const { inspectVolume, growFilesystem } = hostDocuments((name) => readFileSync(new URL(name, folder), 'utf8'));
const scriptOf = (document: CommandDocument): string =>
  document.mainSteps.flatMap((step) => step.inputs.runCommand).join('\n') + '\n';

writeFileSync(`${target}/inspect.sh`, scriptOf(inspectVolume));
writeFileSync(`${target}/grow.sh`, scriptOf(growFilesystem));
