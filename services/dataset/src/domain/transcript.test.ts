import { describe, expect, it } from 'vitest';
import { transcriptJson } from '../testing/transcript.ts';
import { conversationOf, parseTranscript, votedRound } from './transcript.ts';

const told = {
  debate: 'd1',
  problemId: 'p1',
  rounds: [
    ['1', null, '2'],
    ['2', '2', '2'],
  ],
};

describe('parseTranscript', () => {
  it('orders the answers and leaves summaries out', () => {
    const transcript = parseTranscript(transcriptJson(told), 'd1');
    expect(transcript.answers.map(({ round, position }) => `${round}/${position}`)).toEqual([
      '1/1',
      '1/2',
      '1/3',
      '2/1',
      '2/2',
      '2/3',
    ]);
    expect(conversationOf(transcript, 2).map(({ round }) => round)).toEqual([2]);
    expect(transcript).toMatchObject({ tokens: 30, vote: { answer: '2', tie: false } });
  });

  it('knows the round that was voted on when a later one was cut short', () => {
    const cut = { ...told, unvoted: [['3', null, null]] };
    expect(votedRound(parseTranscript(transcriptJson(cut), 'd1'))).toBe(2);
  });

  it.each([
    ['{', /d1: text/],
    ['7', /d1: text/],
    ['{"version":2}', /d1: version/],
    ['{"version":1,"debate":"other"}', /d1: debate is "other"/],
    [JSON.stringify({ ...JSON.parse(transcriptJson(told).toString()), turns: [7] }), /turns/],
    [JSON.stringify({ ...JSON.parse(transcriptJson(told).toString()), vote: 'x' }), /vote/],
    [JSON.stringify({ ...JSON.parse(transcriptJson(told).toString()), agents: -1 }), /agents/],
  ])('refuses what is no transcript naming the debate: %#', (text, message) => {
    expect(() => parseTranscript(Buffer.from(text), 'd1')).toThrowError(
      expect.objectContaining({ reason: 'DATA_CORRUPT', message: expect.stringMatching(message) }),
    );
  });

  it('refuses a vote that no round fits', () => {
    const json = JSON.parse(transcriptJson(told).toString());
    json.vote.extractions.pop();
    const transcript = parseTranscript(Buffer.from(JSON.stringify(json)), 'd1');
    expect(() => votedRound(transcript)).toThrow(/d1: no round/);
  });
});
