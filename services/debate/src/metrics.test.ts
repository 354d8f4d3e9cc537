import { afterAll, expect, test } from 'vitest';
import { openFixture } from './testing/fixture.ts';
import { post } from './testing/replica.ts';

const fixture = await openFixture();
afterAll(fixture.close);

test('debates, turns and tokens are counted', async () => {
  const { replica, neighbours } = fixture;
  neighbours.behaviour.reply = ({ id }) =>
    id === 'summary-2-1' ? { failure: 'ENGINE_REFUSED', retryable: false } : { text: '\\boxed{1}' };
  await post(replica, { society: 'maths', question: '1+1?' }, { prefer: 'wait=10' });
  const text = await replica.host.metrics.metrics();
  for (const line of [
    'parley_debates_total{status="completed"} 1',
    'parley_debate_seconds_count{priority="interactive"} 1',
    'parley_debates_running{priority="interactive"} 0',
    'parley_debate_queue_depth{priority="batch"} 0',
    'parley_debate_tokens_total{kind="completion"} 35',
    'parley_turns_total{kind="summary",outcome="ok"} 2',
    'parley_turns_total{kind="summary",outcome="failed"} 1',
    'parley_turns_total{kind="answer",outcome="ok"} 5',
  ])
    expect(text).toContain(line);
});
