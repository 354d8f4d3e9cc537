/** How a response says its final answer; `whole` is a text that is nothing but the answer. */
export type Rule = 'boxed' | 'hashes' | 'phrase' | 'option' | 'last-number' | 'whole';

/** A final answer in the form in which it is compared. */
export type Answer = {
  /** What is shown: one form for the spellings of an answer that can be told by rewriting text; the form of a form is itself. */
  text: string;
  /** Its exact value when it is a number: an integer, a terminating decimal or a reduced `a/b`, each in one form. */
  number?: string;
  /** The unit behind the number, in one spelling; absent where there is none. */
  unit?: string;
};

/** A final answer, the rule that found it, and where in the text it stood: from the first character up to `to`. */
export type Extraction = { answer: Answer; rule: Rule; from: number; to: number };

/** Which step decided about two answers: the cheapest that could. Empty where one side has no answer. */
export type EqualityRule = '' | 'string' | 'number' | 'symbolic';

/** Whether two answers are equal. `unknown`: no step could tell in time, which counts as different. */
export type Verdict = { equal: boolean; rule: EqualityRule; unknown: boolean };

/** Characters of a final answer; anything longer is no answer. Bounds the work on hostile input. */
export const MAX_ANSWER = 1024;

/** Characters of a final answer that is no number, and of a line that may be one. */
export const MAX_LINE = 256;
