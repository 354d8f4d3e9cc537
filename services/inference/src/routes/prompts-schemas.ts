import {
  DEFAULT_PROMPTS,
  PLACEHOLDERS,
  type Placeholder,
  PROMPT_LIMITS,
  TEMPLATES,
  type TemplateName,
} from '@parley/platform';
import { Type } from 'typebox';

const Version = Type.String({
  minLength: 1,
  maxLength: PROMPT_LIMITS.versionLength,
  description: `The default prompts have version ${DEFAULT_PROMPTS.version}; those with a template of their own have another one`,
});

const Fields = {
  version: Version,
  question: template('question'),
  summary: template('summary'),
  critique: template('critique'),
  rawCritique: template('rawCritique'),
  loneCritique: template('loneCritique'),
  answer: template('answer'),
  separator: template('separator'),
};

/** Prompts as they are given. They have no defaults here, so that it is seen which are given. */
export const PromptsBody = Type.Partial(Type.Object(Fields), {
  additionalProperties: false,
  description:
    'Templates in which a name in braces is a placeholder, which may stand twice; a brace itself is written ' +
    'twice. A template that is left out is the default one, its example here.',
});

/** Prompts in full. */
export const PromptsView = Type.Object(Fields);

/** Prompts by their version alone. */
export const ListedPrompts = Type.Object({ version: Version });

function template(name: TemplateName) {
  const { use, needs, may } = TEMPLATES[name];
  const placeholders = [
    ...needs.map((one) => `${one.map(described).join(' or ')} (required)`),
    ...may.map(described),
  ];
  return Type.String({
    minLength: name === 'separator' ? 0 : 1,
    maxLength: PROMPT_LIMITS.templateBytes,
    examples: [DEFAULT_PROMPTS[name]],
    description: `${use}. Placeholders: ${placeholders.join('; ') || 'none'}.`,
  });
}

function described(placeholder: Placeholder): string {
  return `{${placeholder}}: ${PLACEHOLDERS[placeholder]}`;
}
