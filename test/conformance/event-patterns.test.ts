/**
 * What real EventBridge answered, case by case. Data: localstack/localstack (commit 8b9a79f0, Apache-2.0), see
 * test/conformance/data. Another folder with an `event-patterns.json` is run with CONFORMANCE_CASES=DIR.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { compilePattern, matches, testEventPattern } from '../../simulator/event-patterns/index.ts';

interface Case {
  readonly name: string;
  readonly event: unknown;
  readonly eventText?: string;
  readonly pattern: unknown;
  readonly patternText?: string;
  readonly expected: boolean | 'invalid' | 'invalid-event';
  readonly code?: string;
  readonly message?: string;
}

const folder = process.env.CONFORMANCE_CASES ?? join(import.meta.dirname, 'data');
const { cases } = JSON.parse(readFileSync(join(folder, 'event-patterns.json'), 'utf8')) as { cases: readonly Case[] };

/** The position that AWS appends is that in its own serialization of the pattern. */
const withoutPosition = (message: string) => message.replace(/\s+at \[Source[\s\S]*$/, '');

const answer = (testCase: Case): { result: boolean | string; message?: string } => {
  try {
    const patternText = testCase.patternText ?? JSON.stringify(testCase.pattern);
    // Both ways in: the texts, and the values as the simulated event bus passes them.
    if (testCase.eventText !== undefined || typeof testCase.event === 'string') {
      return { result: testEventPattern(patternText, testCase.eventText ?? JSON.stringify(testCase.event)) };
    }
    const result = matches(compilePattern(testCase.patternText ?? testCase.pattern), testCase.event);
    expect(testEventPattern(patternText, JSON.stringify(testCase.event))).toBe(result);
    return { result };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { result: error.name, message: withoutPosition(error.message) };
  }
};

describe('EventBridge event patterns, as recorded', () => {
  it.each(cases.map((testCase) => [testCase.name, testCase] as const))('%s', (_name, testCase) => {
    const { expected, code = '', message = '' } = testCase;
    expect(answer(testCase)).toEqual(
      typeof expected === 'boolean' ? { result: expected } : { result: code, message: withoutPosition(message) },
    );
  });
});
