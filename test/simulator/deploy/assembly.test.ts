import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readAssembly } from '../../../simulator/deploy/assembly.ts';

function assembly(stacks: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'assembly-'));
  const write = (name: string, content: object) => writeFileSync(join(folder, name), JSON.stringify(content));
  mkdirSync(join(folder, 'asset.1'));
  const artifacts: Record<string, object> = {};
  for (const stack of stacks) {
    artifacts[stack] = { type: 'aws:cloudformation:stack', properties: { templateFile: `${stack}.template.json` } };
    artifacts[`${stack}.assets`] = { type: 'cdk:asset-manifest', properties: { file: `${stack}.assets.json` } };
    write(`${stack}.template.json`, { Resources: {}, Description: stack });
    write(`${stack}.assets.json`, {
      files: {
        1: {
          source: { path: 'asset.1', packaging: 'zip' },
          destinations: { here: { bucketName: 'b', objectKey: '1.zip' } },
        },
      },
    });
  }
  write('manifest.json', { version: '1', artifacts });
  return folder;
}

describe('readAssembly', () => {
  it('reads the template and where the assets lie', () => {
    const folder = assembly(['demo']);
    const read = readAssembly(folder);
    expect(read).toMatchObject({ stackName: 'demo', template: { Description: 'demo' } });
    expect(read.assetPath('1.zip')).toBe(join(folder, 'asset.1'));
    expect(read.assetPath('2.zip')).toBeUndefined();
  });

  it('asks which stack where there are several', () => {
    const folder = assembly(['one', 'two']);
    expect(() => readAssembly(folder)).toThrow('expected one stack, found 2');
    expect(readAssembly(folder, 'two').stackName).toBe('two');
  });
});
