/** What is written in the place of a character; LaTeX commands end in a space, which goes where it is not needed. */
const WRITTEN: Readonly<Record<string, string>> = {
  ...spelled('−﹣－', '-'),
  ...spelled('‘’‛′', "'"),
  ...spelled('“”„″', '"'),
  ...spelled('⁄∕', '/'),
  ...spelled('·⋅∙', '\\cdot '),
  ...spelled('∅⌀', '\\emptyset '),
  ...spelled('°º', '^\\circ '),
  ...spelled('∣｜', '|'),
  ...spelled('⟨〈', '\\langle '),
  ...spelled('⟩〉', '\\rangle '),
  ...named(
    '×times ÷div √sqrt ∛sqrt[3] π𝜋pi ∞infty ≤⩽≦le ≥⩾≧ge ≠ne ∪cup ∩cap ∈in ∉notin ±pm ∓mp ≈approx',
  ),
  ...named(
    '≡equiv ∼sim ∠angle △triangle ⊂subset ⊆subseteq ∖setminus →rightarrow ⇒Rightarrow ⇔iff …⋯dots',
  ),
  ...named('∧wedge ∨vee ∀forall ∃exists ¬neg ∑sum ∏prod ∫int ∂partial ∇nabla ⊥perp ∥parallel'),
  ...named(
    'αalpha βbeta γgamma δdelta εepsilon ζzeta ηeta θtheta ιiota κkappa λlambda μmu νnu ξxi ρrho σsigma',
  ),
  ...named(
    'τtau φphi ϕphi χchi ψpsi ωomega ΓGamma ΔDelta ΘTheta ΛLambda ΞXi ΠPi ΣSigma ΦPhi ΨPsi ΩOmega',
  ),
  ...Object.fromEntries([...'ℝℤℕℚℂ'].map((set, at) => [set, `\\mathbb{${'RZNQC'[at]}}`])),
  ...Object.fromEntries(
    '½1/2 ⅓1/3 ⅔2/3 ¼1/4 ¾3/4 ⅕1/5 ⅖2/5 ⅗3/5 ⅘4/5 ⅙1/6 ⅚5/6 ⅛1/8 ⅜3/8 ⅝5/8 ⅞7/8 ⅐1/7 ⅑1/9 ⅒1/10'
      .split(' ')
      .map((pair) => [pair[0], `\\frac${pair.slice(1).replace(/(\d+)\/(\d+)/, '{$1}{$2}')}`]),
  ),
  µ: 'μ',
  '\u0085': ' ',
};

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣ';
const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎';
const RAISED = new RegExp(`[${SUPERSCRIPTS}]+`, 'g');
const LOWERED = new RegExp(`[${SUBSCRIPTS}]+`, 'g');
/** Characters that are not seen, or that only turn the direction of the text. */
const UNSEEN = /\p{Cf}|\ufe0f|(?![\t\n\v\f\r\x85])\p{Cc}/gu;
/** A dash that can only be a minus: between two numbers it may be a range. */
const DASH = /(^|[=(,{[]) ?[–—](?= ?[\d.\\$])/g;

/** A text in the characters of ASCII wherever LaTeX or ASCII has a spelling for what stands there. */
export function inAscii(text: string): string {
  return text
    .replace(UNSEEN, '')
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(/\p{Zs}/gu, ' ')
    .replace(RAISED, (run) => `^{${plain(run, SUPERSCRIPTS, '0123456789+-=()nix')}}`)
    .replace(LOWERED, (run) => `_{${plain(run, SUBSCRIPTS, '0123456789+-=()')}}`)
    .replace(/[^\x20-\x7e]/gu, (one) => WRITTEN[one] ?? one)
    .replace(DASH, '$1-');
}

/** Whether `inAscii` leaves the text as it is, for certain: printable ASCII only. */
export function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function plain(run: string, from: string, to: string): string {
  return [...run].map((one) => to[from.indexOf(one)]).join('');
}

function spelled(characters: string, written: string): Record<string, string> {
  return Object.fromEntries([...characters].map((one) => [one, written]));
}

/** `×times ÷div` as `{'×': '\\times ', '÷': '\\div '}`. */
function named(list: string): Record<string, string> {
  return Object.assign(
    {},
    ...list.split(' ').map((entry) => {
      const name = /[a-z\x5b\]\d]+$/i.exec(entry)?.[0] ?? '';
      const written = name.endsWith(']') ? `\\${name}` : `\\${name} `;
      return spelled(entry.slice(0, entry.length - name.length), written);
    }),
  );
}
