import { ParleyError } from '@parley/platform';

/** What a position said in a round; `failure` says why it is absent from it, and is empty otherwise. */
export type Answer = {
  round: number;
  position: number;
  seat: string;
  prompt: string;
  text: string;
  failure: string;
};

/** The vote of a debate. */
export type TranscriptVote = {
  /** ŷ in canonical form, null when no answer could be extracted. */
  answer: string | null;
  /** Seats whose answer equals ŷ. */
  members: string[];
  /** Seats that were asked. */
  voters: string[];
  /**
   * M: the last round in which exactly the voters answered, 0 when there is none. It is the last round of a
   * debate, unless a budget or a deadline cut a later one short.
   */
  round: number;
  tie: boolean;
  consensus: number;
};

/** Of a debate's transcript, what datasets and reports are made of. */
export type Transcript = {
  debate: string;
  problemId: string;
  task: string;
  agents: number;
  status: string;
  /** By round, then position. */
  answers: Answer[];
  vote: TranscriptVote | null;
  /** Prompt and completion tokens of all turns. */
  tokens: number;
};

type Json = Record<string, unknown>;

/**
 * A transcript of version 1 from its JSON.
 * @throws ParleyError DATA_CORRUPT naming the debate and what is wrong.
 */
export function parseTranscript(content: Uint8Array, debate: string): Transcript {
  const reader = new Reader(debate);
  const root = reader.parsed(content);
  if (root.version !== 1) throw reader.corrupt('version', 'must be 1');
  if (root.debate !== debate) throw reader.corrupt('debate', `is ${JSON.stringify(root.debate)}`);
  const usage = reader.object(root, 'usage');
  const answers = answersOf(reader, root);
  return {
    debate,
    problemId: reader.text(root, 'problemId'),
    task: reader.text(root, 'task'),
    agents: reader.count(root, 'agents'),
    status: reader.text(root, 'status'),
    answers,
    vote: root.vote === null ? null : voteOf(reader, reader.object(root, 'vote'), answers),
    tokens: reader.count(usage, 'promptTokens') + reader.count(usage, 'completionTokens'),
  };
}

function answersOf(reader: Reader, root: Json): Answer[] {
  const answers: Answer[] = [];
  for (const turn of reader.objects(root, 'turns')) {
    if (turn.kind !== 'answer') continue;
    answers.push({
      round: reader.count(turn, 'round'),
      position: reader.count(turn, 'position'),
      seat: reader.text(turn, 'seat'),
      prompt: reader.text(turn, 'prompt'),
      text: reader.text(turn, 'text'),
      failure: reader.text(turn, 'failure'),
    });
  }
  return answers.sort((a, b) => a.round - b.round || a.position - b.position);
}

function voteOf(reader: Reader, vote: Json, answers: readonly Answer[]): TranscriptVote {
  const voters = reader.objects(vote, 'extractions').map((one) => reader.text(one, 'agent'));
  return {
    answer: vote.answer === null ? null : reader.text(vote, 'answer'),
    members: reader.texts(vote, 'members'),
    voters,
    round: roundOf(voters, answers),
    tie: vote.tie === true,
    consensus: typeof vote.consensus === 'number' ? vote.consensus : 0,
  };
}

class Reader {
  readonly #debate: string;

  constructor(debate: string) {
    this.#debate = debate;
  }

  corrupt(field: string, message: string): ParleyError {
    return new ParleyError(
      'DATA_CORRUPT',
      `transcript of debate ${this.#debate}: ${field} ${message}`,
    );
  }

  parsed(content: Uint8Array): Json {
    try {
      const { buffer, byteOffset, byteLength } = content;
      const root: unknown = JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString());
      if (root !== null && typeof root === 'object') return root as Json;
    } catch {
      // Refused below, as any other text that is no object.
    }
    throw this.corrupt('text', 'must be a JSON object');
  }

  text(from: Json, field: string): string {
    const value = from[field];
    if (typeof value !== 'string') throw this.corrupt(field, 'must be a text');
    return value;
  }

  count(from: Json, field: string): number {
    const value = from[field];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
      throw this.corrupt(field, 'must be a whole number');
    return value;
  }

  object(from: Json, field: string): Json {
    const value = from[field];
    if (value === null || typeof value !== 'object') throw this.corrupt(field, 'must be an object');
    return value as Json;
  }

  objects(from: Json, field: string): Json[] {
    const value = from[field];
    if (!Array.isArray(value) || value.some((one) => one === null || typeof one !== 'object'))
      throw this.corrupt(field, 'must be a list of objects');
    return value as Json[];
  }

  texts(from: Json, field: string): string[] {
    const value = from[field];
    if (!Array.isArray(value) || value.some((one) => typeof one !== 'string'))
      throw this.corrupt(field, 'must be a list of texts');
    return value as string[];
  }
}

/** The answers of a position that it really gave, by round. */
export function conversationOf(transcript: Transcript, position: number): Answer[] {
  return transcript.answers.filter(
    (answer) => answer.position === position && answer.failure === '',
  );
}

function roundOf(voters: readonly string[], answers: readonly Answer[]): number {
  const asked = new Set(voters);
  for (let round = answers.at(-1)?.round ?? 0; round > 0; round--) {
    const seats = answers.filter((answer) => answer.round === round && answer.failure === '');
    if (seats.length === asked.size && seats.every(({ seat }) => asked.has(seat))) return round;
  }
  return 0;
}

/**
 * The round M that was voted on.
 * @throws ParleyError DATA_CORRUPT when there was no vote, or no round fits it.
 */
export function votedRound({ debate, vote }: Transcript): number {
  if (vote !== null && vote.round > 0) return vote.round;
  throw new ParleyError(
    'DATA_CORRUPT',
    `transcript of debate ${debate}: no round was answered by exactly the seats of the vote`,
  );
}
