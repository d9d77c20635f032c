/** A cloud assembly (`cdk.out`): one stack's template, and where its assets lie on this disk. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TemplateError } from './errors.ts';
import { isObject, objectAt, stringAt, type JsonObject } from './json.ts';

export interface Assembly {
  stackName: string;
  template: JsonObject;
  /** The folder or file behind an asset's S3 object key. */
  assetPath(objectKey: string): string | undefined;
}

/**
 * @param folder holds `manifest.json` as `cdk synth` writes it
 * @param stack which one, where the assembly has several
 */
export function readAssembly(folder: string, stack?: string): Assembly {
  const manifest = readJson(join(folder, 'manifest.json'));
  const artifacts = objectAt(manifest['artifacts'], 'manifest.json/artifacts');
  const stacks = Object.entries(artifacts).filter(
    ([name, artifact]) =>
      isObject(artifact) && artifact['type'] === 'aws:cloudformation:stack' && (stack === undefined || stack === name),
  );
  const [found] = stacks;
  if (found === undefined || stacks.length > 1) {
    throw new TemplateError(
      'manifest.json',
      `expected one stack${stack === undefined ? '' : ` ${stack}`}, found ${stacks.length}`,
    );
  }
  const [stackName, artifact] = found;
  const properties = objectAt(objectAt(artifact, stackName)['properties'], `${stackName}/properties`);
  const template = readJson(join(folder, stringAt(properties['templateFile'], `${stackName}/templateFile`)));

  const paths = new Map<string, string>();
  for (const [name, other] of Object.entries(artifacts)) {
    if (!isObject(other) || other['type'] !== 'cdk:asset-manifest') continue;
    const file = stringAt(objectAt(other['properties'], name)['file'], `${name}/file`);
    for (const [key, path] of readAssets(folder, file)) paths.set(key, path);
  }
  return { stackName, template, assetPath: (objectKey) => paths.get(objectKey) };
}

function readAssets(folder: string, manifestFile: string): [objectKey: string, path: string][] {
  const files = objectAt(readJson(join(folder, manifestFile))['files'] ?? {}, manifestFile);
  return Object.entries(files).flatMap(([hash, file]) => {
    const { source, destinations } = objectAt(file, hash);
    const path = isObject(source) ? source['path'] : undefined;
    if (typeof path !== 'string') return []; // made by a command: not on this disk
    return Object.values(objectAt(destinations, hash)).map((destination): [string, string] => [
      stringAt(objectAt(destination, hash)['objectKey'], `${hash}/objectKey`),
      join(folder, path),
    ]);
  });
}

function readJson(path: string): JsonObject {
  return objectAt(JSON.parse(readFileSync(path, 'utf8')), path);
}
