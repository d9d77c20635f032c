import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { hostDocuments, renderScript } from '../../../../functions/storage/ec2/host/documents.ts';

const folder = new URL('../../../../functions/storage/ec2/host/', import.meta.url);
const readScript = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const changed =
  (from: string, to: string) =>
  (name: string): string =>
    readScript(name).replace(from, to);
const documents = hostDocuments(readScript);
const all = Object.entries(documents);

describe('hostDocuments', () => {
  it.each(all)('%s is one self-contained bash script for Linux', (_name, document) => {
    const [step, ...others] = document.mainSteps;
    expect(others).toEqual([]);
    expect(step?.precondition).toEqual({ StringEquals: ['platformType', 'Linux'] });
    expect(step?.inputs.runCommand[0]).toBe('#!/bin/bash');
    expect(step?.inputs.runCommand.join('\n')).not.toContain('lib.sh"');
    expect(step?.inputs.runCommand.join('\n')).toContain('find_device()');
  });

  it.each(all)('%s uses every parameter, each inside single quotes', (_name, document) => {
    const script = document.mainSteps[0]!.inputs.runCommand;
    for (const name of Object.keys(document.parameters)) {
      const lines = script.filter((line) => line.includes(`{{ ${name} }}`));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(new RegExp(`^[A-Z_]+='\\{\\{ ${name} \\}\\}'( #.*)?$`));
    }
  });

  it.each(all)('%s admits nothing that a shell or SSM would interpret', (_name, document) => {
    const hostile = ["'", '"', '`', '$', ';', '\n', ' ', '\\', '{', '}', '&', '|', '<', '>', '(', ')', '*'];
    for (const { allowedPattern, default: preset } of Object.values(document.parameters)) {
      expect(allowedPattern).toMatch(/^\^.*\$$/);
      const samples = [preset, 'vol-0123456789abcdef0', '/data/kafka', '2', '60'].filter(
        (value) => value !== undefined,
      );
      const accepted = samples.filter((value) => new RegExp(allowedPattern).test(value));
      expect(accepted).not.toEqual([]);
      for (const value of accepted) {
        for (const character of hostile) {
          expect(`${value}${character}x`).not.toMatch(new RegExp(allowedPattern));
          expect(`${character}${value}`).not.toMatch(new RegExp(allowedPattern));
        }
      }
    }
  });

  // Source: SSM API reference, CreateDocument, Content ("must not exceed 64KB"), read 2026-11-21.
  it.each(all)('%s fits in an SSM document of 64 kB', (_name, document) => {
    expect(Buffer.byteLength(JSON.stringify(document))).toBeLessThan(64 * 1024);
  });

  it('refuses a script that names a parameter its document does not have', () => {
    expect(() => hostDocuments(changed('{{ VolumeIds }}', '{{ Volumes }}'))).toThrow('{{ Volumes }} is no parameter');
  });

  it('refuses a script that does not load the shared part', () => {
    expect(() => hostDocuments(changed('. "${BASH_SOURCE', 'source "${BASH_SOURCE'))).toThrow(
      'the line that loads lib.sh is missing',
    );
  });
});

describe('renderScript', () => {
  const values = { VolumeId: 'vol-0123456789abcdef0', MountPoint: '/data/kafka', MinimumGib: '200' };

  it('puts values and defaults into the script as text', () => {
    const script = renderScript(documents.growFilesystem, values);
    expect(script).toContain("VOLUME_ID='vol-0123456789abcdef0'\n");
    expect(script).toContain("EXECUTION_TIMEOUT='600'");
    expect(script).not.toContain('{{');
  });

  it.each([
    ['a command as mount point', { ...values, MountPoint: "/data'; reboot; '" }],
    ['no volume', { MountPoint: '/data/kafka', MinimumGib: '200' }],
    ['size zero', { ...values, MinimumGib: '0' }],
    ['a parameter that does not exist', { ...values, Size: '200' }],
  ])('refuses %s, as SendCommand would', (_title, wrong) => {
    expect(() => renderScript(documents.growFilesystem, wrong)).toThrow(/does not match|is no parameter/);
  });
});
