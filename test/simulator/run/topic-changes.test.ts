import { describe, expect, it } from '@jest/globals';
import type { TopicChange } from '../../../simulator/cloud/msk.ts';
import type { Simulation } from '../../../simulator/deploy/boot.ts';
import { recordTopicChanges } from '../../../simulator/run/topic-changes.ts';

const hourMs = 3_600_000;

function recorded() {
  const listeners: ((change: TopicChange) => void)[] = [];
  const running: { tag: string | undefined } = { tag: undefined };
  const changes = recordTopicChanges({
    msk: { onTopicChange: (listen: (change: TopicChange) => void) => void listeners.push(listen) },
    lambda: { current: () => (running.tag === undefined ? undefined : running) },
  } as unknown as Simulation);
  const change = (tag: string | undefined, before: TopicChange['before'], after: TopicChange['after']) => {
    running.tag = tag;
    for (const listen of listeners) listen({ clusterArn: 'arn', name: 'events', atMs: 0, by: 'x', before, after });
  };
  return { changes, change };
}

describe('recordTopicChanges', () => {
  it('tells retention before and after, by the operation that changed it', () => {
    const { changes, change } = recorded();
    change('one', { 'retention.ms': String(72 * hourMs) }, { 'retention.ms': String(12.5 * hourMs) });
    change('two', { 'retention.bytes': '-1' }, { 'retention.bytes': String(2 ** 31) });
    expect([...changes]).toEqual([
      ['one', ['events: retention.ms 72 h → 12.5 h']],
      ['two', ['events: retention.bytes no limit → 2 GiB']],
    ]);
  });

  it('knows Kafka’s defaults: one that is written out is no change', () => {
    const { changes, change } = recorded();
    change('one', {}, { 'retention.ms': String(12 * hourMs), 'retention.bytes': '-1', 'segment.ms': '1' });
    expect(changes.get('one')).toEqual(['events: retention.ms 168 h → 12 h']);
  });

  it('leaves out what others do', () => {
    const { changes, change } = recorded();
    change(undefined, {}, { 'retention.ms': '1' });
    expect(changes.size).toBe(0);
  });
});
