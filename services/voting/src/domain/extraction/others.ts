import { MAX_LINE } from '../answer.ts';
import { sentenceEnd } from './phrase.ts';
import { blanked, type Span } from './span.ts';

/** A number or a name behind what someone is: "agent 2", "Model B", "students 1 and 2", "agents Ann and Bob". */
const NAME = '(?:#?\\d{1,3}|(?!I(?![a-z]))[A-Z][a-z]{0,15}(?![a-zA-Z]))';
const NAMES = `${NAME}(?:(?:, | and |, and | & )(?:[Aa]gent |[Mm]odel )?${NAME}){0,4}`;
const DEBATER = '(?:[Aa]gent|[Dd]ebater|[Cc]ritic|[Aa]ssistant|[Oo]pponent)';
const AUTHOR =
  '(?:[Mm]odel|[Ss]olution|[Ss]tudent|[Rr]esponse|[Ee]xpert|[Pp]articipant|[Rr]easoner|[Ss]olver)';
/** Those who debate, who own what they say whatever it is. */
const DEBATERS = `(?:${DEBATER}s? ${NAMES}|(?:(?:[Bb]oth|[Aa]ll) )?(?:of )?(?:[Tt]he |[Aa]n)?[Oo]ther ${DEBATER}s?|(?:[Tt]he )?[Oo]thers|[Tt]he (?:critic|opponent)s?|(?:[Oo]ne|[Ss]ome|[Ee]ach|[Mm]any|[Mm]ost)(?: of)?(?: the)?(?: other)? ${DEBATER}s?)`;
/** Those who may as well be in the problem: "student 2", "solution A". */
const AUTHORS = `(?:${AUTHOR}s? ${NAMES}|(?:[Tt]he |[Aa]n)?[Oo]ther ${AUTHOR}s?)`;
const ANYONE = `(?:${DEBATERS}|${AUTHORS})`;
const OWNER = `(?:${ANYONE}['’]s?|[Tt]heir)`;
/** A word without which nothing is said to be another's: most responses have none, and are not searched any further. */
const MENTION =
  /agent|debater|critic|assistant|opponent|model|solution|student|response|expert|participant|reasoner|solver|other|their|according/i;

const ADVERB =
  '(?: (?:also|both|all|each|still|initially|originally|incorrectly|wrongly|mistakenly|now|then|instead|just|even)){0,2}';
const THINKS =
  '(?:say|think|believe|claim|argue|state|conclude|suggest|propose|maintain|insist|assert)(?:s|d|ed)?|said|thought|wrote|(?:is|are) (?:saying|claiming|convinced)';
const FINDS =
  '(?:get|give|obtain|answer|calculate|compute|find|choose|pick|select|report|derive|respond)(?:s|d|ed)?|got|gave|found|chose|(?:arrive|arrived|arrives) at|(?:go|goes|went) with|(?:vote|votes|voted) for|reach(?:es|ed)?|c[ao]mes? (?:up with|to)|has|had|have';
const ITS_ANSWER =
  '(?:that |an? |the |as )?(?:(?:the|an?|its|their|his|her) )?(?:(?:final|correct|right|wrong|same) )?answer';
const GIVES =
  '(?:is|was|are|were|of|would be|(?:give|say|state|claim|yield|equal|suggest|show)[sd]?|gave|said|leads to)(?![a-z])|,? which (?:is|was)|[:=(]|[*_]{2}';

/** Where a statement begins that is someone else's, up to what it says; group 1 is what may be judged by its sentence. */
const ATTRIBUTION = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:${[
    `(${OWNER} (?:(?:own|final|initial|original|previous|first|last|new|updated|proposed) ){0,2}(?:answer|response|solution|conclusion|choice|calculation|reasoning)s?(?: (?:to|for) [^.:=?!\\n]{1,40}?)?\\s{0,2}(?:${GIVES}))`,
    `${DEBATERS}(?:['’]s [a-z]{3,12})?${ADVERB} (?:${THINKS}|${FINDS})(?![a-z])`,
    `${AUTHORS}${ADVERB} (?:${THINKS})(?![a-z])`,
    `${AUTHORS}${ADVERB} (?:${FINDS}) ${ITS_ANSWER}(?![a-z])`,
    `(?:[Tt]he )?(?:(?:final|correct) )?[Aa]nswers? (?:of|from|by|(?:given|proposed|found|suggested) by|that) ${ANYONE}(?![\\p{L}\\p{N}])`,
    `[Aa]ccording to (?:${ANYONE}|them)(?![\\p{L}\\p{N}])`,
    `[Ii]n ${OWNER} (?:response|solution|answer|reasoning|calculation)s?, `,
  ].join('|')})\\s{0,4}`,
  'gu',
);
/** In front of someone, that what he says is said to be right. */
const AGREED_BEFORE =
  /(?:(?<!n['’]t |not )(?<!dis)(?:agree|concur)(?:d|ing)? (?:with|that)|(?:^|[^\p{L}])(?:as|like|same as|confirm|support|accept|adopt|trust)) (?:what |both |all |all of )?$/iu;
/** Behind someone's answer, that it is right. */
const RIGHT =
  /(?<!n['’]t |not )(?:is|are|was|were|seems?|looks?) (?:[a-z]+ly |also |indeed |thus )?(?:correct|right|accurate|valid)(?![a-z])/i;
const AGREED_BEHIND =
  /which (?:is|was|seems|I (?:think|believe|find) (?:is )?) ?(?:also |indeed )?(?:correct|right)(?![a-z])|which I agree with/i;
const AGREED_NEXT =
  /^[\s.,;:!—-]{0,4}(?:and |which |so )?(?:(?:I|we) (?:[a-z]+ly |also |do )?(?:agree|concur)|(?:they|he|she|that|this|it)(?: (?:is|are)|['’](?:s|re)) (?:[a-z]+ly |also |indeed )?(?:correct|right))(?![a-z])/i;
/** Where a sentence goes on with something of one's own. */
const OWN =
  /;|,? (?:but|however|while|whereas|yet|although|though|so|thus|therefore|hence)(?![a-z])|(?:,|,? and) (?:my|our|I|we|the (?:(?:correct|right|final|actual|true) )?(?:answer|result))(?![a-z])|(?<=wrong|incorrect|mistaken|not correct|not right)(?:[:,]| [-–—])|\s—/gi;

/**
 * A text with what is said to be another's answer blanked: "Agent 2's answer is 100", "solution 1 says …", "according
 * to them …", up to the end of the clause. What the response agrees with is its own.
 */
export function withoutOthers(text: string): string {
  if (!MENTION.test(text)) return text;
  const found: Span[] = [];
  let done = 0;
  for (const { 0: words, 1: owned, index } of text.matchAll(ATTRIBUTION)) {
    if (index < done) continue;
    const begin = index + words.length;
    const line = text.slice(begin, begin + MAX_LINE);
    const sentence = line.slice(0, sentenceEnd(line, false));
    const to = begin + clauseEnd(sentence);
    const clause = text.slice(index, to);
    const isAgreed =
      AGREED_BEFORE.test(text.slice(Math.max(0, index - 24), index)) ||
      AGREED_BEHIND.test(clause) ||
      (owned !== undefined && RIGHT.test(clause)) ||
      AGREED_NEXT.test(text.slice(to, to + 40));
    if (!isAgreed) found.push({ from: index, to });
    done = to;
  }
  return blanked(text, found);
}

/** Where the clause ends that a sentence begins with. */
function clauseEnd(sentence: string): number {
  for (const { index } of sentence.matchAll(OWN)) if (index > 0) return index;
  return sentence.length;
}
