/**
 * Topic configs as the API carries them: Base64 of a text. The Terraform provider, tested against AWS, sends and reads a
 * JSON object of strings (terraform-provider-aws internal/service/kafka/topic.go); the MSK guide's describe-topic-cli shows
 * lines `name=value`. Both are here, one at a time [?].
 */
import { badRequest } from './storage.ts';

export type ConfigsFormat = 'json' | 'properties';
export type Configs = Record<string, string>;

/** Names that start so, or these, are Kafka's topic configs (Kafka documentation, topic configs). */
const known =
  /^(cleanup\.policy|compression\.(type|gzip\.level|lz4\.level|zstd\.level)|delete\.retention\.ms|file\.delete\.delay\.ms|flush\.(messages|ms)|(follower|leader)\.replication\.throttled\.replicas|index\.interval\.bytes|(local\.)?retention\.(ms|bytes)|max\.compaction\.lag\.ms|max\.message\.bytes|message\.[a-z.]+|min\.(cleanable\.dirty\.ratio|compaction\.lag\.ms|insync\.replicas)|preallocate|remote\.[a-z.]+|segment\.[a-z.]+|unclean\.leader\.election\.enable)$/;

export function encodeConfigs(configs: Configs, format: ConfigsFormat): string {
  const text =
    format === 'json'
      ? JSON.stringify(configs)
      : Object.entries(configs)
          .map(([name, value]) => `${name}=${value}`)
          .join('\n');
  return Buffer.from(text).toString('base64');
}

/** @throws AwsError BadRequestException; its words are our own [?] */
export function decodeConfigs(text: unknown, format: ConfigsFormat): Configs {
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw badRequest('The topic configurations must be encoded as a Base64 string.');
  }
  const plain = Buffer.from(text, 'base64').toString();
  const configs = format === 'json' ? fromJson(plain) : fromLines(plain);
  for (const [name, value] of Object.entries(configs)) {
    if (!known.test(name)) throw badRequest(`Unknown topic config name: ${name}`);
    if (/^(retention|segment)\.(ms|bytes)$/.test(name) && !/^-?\d+$/.test(value)) {
      throw badRequest(`Invalid value ${value} for configuration ${name}: Not a number`);
    }
  }
  return configs;
}

function fromJson(plain: string): Configs {
  let parsed: unknown;
  try {
    parsed = JSON.parse(plain);
  } catch {
    parsed = undefined;
  }
  const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  if (!isObject || !Object.values(parsed as object).every((value) => typeof value === 'string')) {
    throw badRequest('The topic configurations must be a JSON object of strings.');
  }
  return parsed as Configs;
}

function fromLines(plain: string): Configs {
  const configs: Configs = {};
  for (const line of plain.split('\n').map((one) => one.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    if (at <= 0) throw badRequest('The topic configurations must be lines of name=value.');
    configs[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return configs;
}
