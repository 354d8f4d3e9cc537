import type { Task } from './conversation.ts';
import type { Expression } from './expression.ts';
import { evaluate } from './expression.ts';
import { critic } from './parameters.ts';
import type { Pen } from './pen.ts';
import { boxed, chooseVoice, writeSteps } from './solve.ts';

/** The task of a critic. */
export type CriticTask = Extract<Task, { role: 'critic' }>;

/** One answer on the table. */
interface Contender {
  readonly answer: number;
  readonly own: boolean;
  /** The share of the other agents that gave it. */
  readonly support: number;
  /** What the critic's own check said of it. */
  readonly passed: boolean;
}

const OPENINGS = ['Comparing:', 'The answers:', 'On the table:', 'Weighing:'] as const;

/**
 * Weighs the critic's own answer against the others': casts out nines from each (a cheap check that
 * it can get wrong), then keeps its own, adopts another, or works the problem out again with care.
 */
export function writeCritique(pen: Pen, task: CriticTask): void {
  const voice = chooseVoice(pen, OPENINGS);
  if (voice < 0) return;
  const { votes, agents } = task.others;
  const said = votes.map(({ answer, count }) => `${answer} (${count})`).join(', ') || 'none';
  pen.fixed(` mine is ${task.own ?? 'missing'}; the others' are ${said}.\n`);
  const contenders: Contender[] = [];
  const answers = new Set([
    ...(task.own === null ? [] : [task.own]),
    ...votes.map((v) => v.answer),
  ]);
  for (const answer of answers) {
    const own = answer === task.own;
    const passed = chooseCheck(pen, task.expression, answer, own);
    if (passed === null) return;
    const count = votes.find((vote) => vote.answer === answer)?.count ?? 0;
    contenders.push({ answer, own, support: count / Math.max(1, agents), passed });
  }
  const decision = chooseDecision(pen, contenders);
  if (decision === null) return;
  if (decision !== 'recompute') {
    pen.fixed(`.\n${boxed(decision)}`);
    return;
  }
  pen.fixed('.\n');
  writeSteps(pen, task.expression, {
    voice,
    careful: true,
    hint: null,
    ownSteps: task.ownSteps,
    otherSteps: task.others.steps,
    others: Math.max(1, agents),
  });
}

/** Writes whether an answer passes casting out nines; the reading itself can be wrong. */
function chooseCheck(pen: Pen, asked: Expression, answer: number, own: boolean): boolean | null {
  const { set } = pen;
  const agrees = (evaluate(asked) - answer) % 9 === 0;
  pen.fixed(`Casting out nines: ${answer}`);
  set.reset();
  for (const pass of [true, false]) {
    set.candidate();
    if (pass === agrees) {
      set.feature(critic.checkRight);
      set.feature(critic.checkRightSize, asked.ops.length / 5);
    }
    if (pass) set.feature(critic.checkPass);
    if (pass && own) set.feature(critic.checkPassOwn);
  }
  const chosen = pen.choose((i) => (i === 0 ? ' passes' : ' fails'));
  if (chosen < 0) return null;
  pen.fixed('.\n');
  return chosen === 0;
}

function chooseDecision(pen: Pen, contenders: readonly Contender[]): number | 'recompute' | null {
  const { set } = pen;
  const dispute = contenders.length > 1;
  set.reset();
  for (const { own, support, passed } of contenders) {
    set.candidate();
    set.feature(own ? critic.keep : critic.adopt);
    set.feature(critic.support, support);
    if (support === 1) set.feature(critic.unanimous);
    set.feature(passed ? critic.passed : critic.failed);
  }
  set.candidate();
  set.feature(critic.recompute);
  if (dispute) set.feature(critic.recomputeDispute);
  if (!contenders.some(({ passed }) => passed)) set.feature(critic.recomputeFailed);
  const chosen = pen.choose((i) => {
    const contender = contenders[i];
    if (contender === undefined) return 'I work it out again with care';
    return `I ${contender.own ? 'keep' : 'adopt'} ${contender.answer}`;
  });
  if (chosen < 0) return null;
  return contenders[chosen]?.answer ?? 'recompute';
}
