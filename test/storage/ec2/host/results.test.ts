import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import {
  hostErrorCodes,
  parseGrowth,
  parseInspection,
  refusedLayouts,
} from '../../../../functions/storage/ec2/host/results.ts';

// Taken from the real kernel (npm run test:filesystem).
const grown =
  '{"version":1,"script":"grow-filesystem","volumeId":"vol-00000000000000005","mountPoint":"/data/a","layout":"partition-lvm","filesystem":"ext4","devicePath":"/dev/loop1","deviceBytes":2147483648,"before":{"filesystemBytes":1033351168,"usedBytes":3026944},"after":{"filesystemBytes":2089787392,"usedBytes":3026944},"changed":true,"steps":["growpart","lvextend","resize2fs"]}';
const failed =
  '{"version":1,"script":"grow-filesystem","volumeId":"vol-00000000000000001","error":"layout-unsupported:unknown","message":"/dev/loop1 holds nothing known","steps":[]}';
const inspected =
  '{"version":1,"script":"inspect-volume","volumes":[{"volumeId":"vol-00000000000000002","devicePath":"/dev/loop1","deviceBytes":1073741824,"layout":"partition","supported":true,"reason":null,"partitionNumber":1,"partitionBytes":1071644672,"filesystem":"xfs","filesystemUuid":"209a0b8f-4cf1-420d-9e04-ad259508d453","mountPoints":["/data/a"],"filesystemBytes":1004535808,"usedBytes":1004466176}]}';
const unreadable = { error: 'unreadable-output' };

describe('parseGrowth', () => {
  it('reads the answer between other lines', () => {
    expect(
      parseGrowth(`noise\n{"version":1,"script":"other"}\n${grown}\n\n----------ERROR-------\n+ growpart`),
    ).toEqual(JSON.parse(grown));
  });

  it('reads an error with its code', () => {
    expect(parseGrowth(`${failed}\n`)).toMatchObject({ error: 'layout-unsupported:unknown', steps: [] });
  });

  it('takes the last answer', () => {
    expect(parseGrowth(`${grown}\n${failed}`)).toMatchObject({ error: 'layout-unsupported:unknown' });
  });

  it.each([
    ['nothing', ''],
    ['an answer cut short', grown.slice(0, -1)],
    ['an answer cut short after an earlier one', `${failed}\n${grown.slice(0, 120)}`],
    ['an unknown version', grown.replace('"version":1', '"version":2')],
    ['an unknown error code', failed.replace('layout-unsupported:unknown', 'on-fire')],
    ['an unknown layout', grown.replace('partition-lvm', 'tape')],
    ['a negative size', grown.replace('2147483648', '-1')],
    ['the answer of the other script', inspected],
    ['JSON that is no object', 'null\n[]\n"text"'],
  ])('calls %s unreadable', (_title, stdout) => {
    expect(parseGrowth(stdout)).toEqual(unreadable);
  });

  it('never throws, wherever the output is cut', () => {
    for (let length = 0; length < grown.length; length++)
      expect(parseGrowth(grown.slice(0, length))).toEqual(unreadable);
  });
});

describe('parseInspection', () => {
  it('reads volumes', () => {
    expect(parseInspection(inspected)).toEqual(JSON.parse(inspected));
  });

  it('reads a host without volumes', () => {
    expect(parseInspection('{"version":1,"script":"inspect-volume","volumes":[]}')).toMatchObject({ volumes: [] });
  });

  it('reads an error', () => {
    const error = '{"version":1,"script":"inspect-volume","error":"bad-parameter","message":"VolumeIds is empty"}';
    expect(parseInspection(error)).toMatchObject({ error: 'bad-parameter' });
  });

  it('calls an answer cut at 24,000 characters unreadable', () => {
    expect(parseInspection(inspected.slice(0, 200).padEnd(24_000, 'x'))).toEqual(unreadable);
  });
});

describe('docs/host-scripts.md', () => {
  const page = readFileSync(new URL('../../../../docs/host-scripts.md', import.meta.url), 'utf8');

  it.each([...hostErrorCodes, ...refusedLayouts, 'unreadable-output', 'xen-device'])('explains %s', (code) => {
    expect(page).toContain(`\`${code}\``);
  });

  it('gives the exit code that the script uses', () => {
    const script = readFileSync(
      new URL('../../../../functions/storage/ec2/host/grow-filesystem.sh', import.meta.url),
      'utf8',
    );
    for (const code of hostErrorCodes.filter((name) => name !== 'interrupted')) {
      const exitCode = new RegExp(`^ {4}${code}\\) echo (\\d+) ;;$`, 'm').exec(script)?.[1];
      expect(exitCode).toBeDefined();
      expect(page).toContain(`| \`${code}\` | ${exitCode} |`);
    }
  });
});
