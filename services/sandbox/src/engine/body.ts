import { type ApiError, invalid, missing } from './errors.ts';

/** A request's JSON object. */
export type Body = Record<string, unknown>;

/** Parses a request's text; throws ApiError in vLLM's words where it is not a JSON object. */
export function parseBody(text: string): Body {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message;
    const at = /position (\d+)/.exec(reason)?.[1] ?? String(text.length);
    const rest = `'input': '<dict of 0 items>', 'ctx': {'error': '${reason.replaceAll("'", '"')}'}`;
    throw invalid('json_invalid', `body.${at}`, 'JSON decode error', rest);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const msg = 'Input should be a valid dictionary or object to extract fields from';
    throw invalid('model_attributes_type', 'body', msg, "'input': '<value>'");
  }
  return value as Body;
}

/** A number; null and absence give `fallback`. */
export function numberField(body: Body, name: string, fallback: number): number {
  const value = body[name] ?? fallback;
  if (typeof value === 'number') return value;
  throw mistyped('float_type', name, 'Input should be a valid number', value);
}

/** An integer; null and absence give `fallback`. */
export function integerField<T>(body: Body, name: string, fallback: T): number | T {
  const value = body[name] ?? null;
  if (value === null) return fallback;
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw mistyped('int_type', name, 'Input should be a valid integer', value);
}

/** A boolean; null and absence give `fallback`. */
export function booleanField(body: Body, name: string, fallback: boolean): boolean {
  const value = body[name] ?? fallback;
  if (typeof value === 'boolean') return value;
  throw mistyped('bool_type', name, 'Input should be a valid boolean', value);
}

/** A string that must be there; an empty one passes. */
export function stringField(body: Body, name: string): string {
  const value = body[name];
  if (value === undefined) throw missing(name, body);
  if (typeof value === 'string') return value;
  throw mistyped('string_type', name, 'Input should be a valid string', value);
}

/** A string or a list of strings as a list; null and absence give none. */
export function stringsField(body: Body, name: string): readonly string[] {
  const value = body[name] ?? [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.every((item) => typeof item === 'string')) return list;
  throw mistyped('string_type', name, 'Input should be a valid string', value);
}

function mistyped(type: string, name: string, msg: string, value: unknown): ApiError {
  const input = typeof value === 'object' ? '<value>' : String(value).slice(0, 100);
  return invalid(type, `body.${name}`, msg, `'input': '${input}'`);
}
