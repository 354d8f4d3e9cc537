import { ParleyError } from '@parley/platform';
import { describe, expect, it } from 'vitest';
import {
  connectionError,
  contextComplaint,
  isConnectionLost,
  isModelMissing,
  malformed,
  refusal,
} from './engine-errors.ts';

const URL = 'http://engine:8000';

/** What vLLM 0.32 answers. */
const MISSING =
  '{"error":{"message":"The model `ad3` does not exist. Valid aliases: base.","type":"NotFoundError","param":"model","code":404}}';
const SYNTAX = new SyntaxError('Unexpected token');
const BUSY =
  '{"error":{"message":"The engine is currently busy and cannot accept new requests.","type":"Service Unavailable","param":null,"code":503}}';

describe('refusal', () => {
  it.each<[number, string, object]>([
    [404, MISSING, { reason: 'ENGINE_REFUSED', retryable: false }],
    [404, '{"detail":"Not Found"}', { reason: 'ENGINE_REFUSED', retryable: false }],
    [400, '{"error":{"message":"max_tokens=600"}}', { reason: 'ENGINE_REFUSED', retryable: false }],
    [401, '{"error":"Unauthorized"}', { reason: 'NOT_CONFIGURED', retryable: false }],
    [503, BUSY, { reason: 'ENGINE_UNAVAILABLE', retryable: true }],
    [429, '', { reason: 'ENGINE_UNAVAILABLE', retryable: true }],
    [500, '{"error":{"message":"EngineCore"}}', { reason: 'ENGINE_FAILED', retryable: true }],
    [502, '<html>Bad Gateway</html>', { reason: 'ENGINE_FAILED', retryable: true }],
  ])('judges %i %s', (status, body, expected) => {
    expect(refusal(URL, { status, body })).toMatchObject(expected);
  });

  it('says what the engine said, and which setting helps', () => {
    expect(refusal(URL, { status: 503, body: BUSY }).message).toBe(
      `engine ${URL} answered 503: The engine is currently busy and cannot accept new requests.`,
    );
    const page = '<html><head><title>502 Bad Gateway</title></head></html>';
    expect(refusal(URL, { status: 502, body: page }).message).toBe(
      `engine ${URL} answered 502: an HTML page, '502 Bad Gateway'`,
    );
    const unauthorized = refusal(URL, { status: 401, body: '{"error":"Unauthorized"}' });
    expect(unauthorized.message).toContain('PARLEY_ENGINE_API_KEY');
  });

  it('knows that a model is missing', () => {
    expect(isModelMissing(refusal(URL, { status: 404, body: MISSING }))).toBe(true);
    expect(isModelMissing(refusal(URL, { status: 404, body: '{"detail":"Not Found"}' }))).toBe(
      false,
    );
    expect(isModelMissing(refusal(URL, { status: 400, body: MISSING }))).toBe(false);
  });
});

describe('contextComplaint', () => {
  const said = (param: string, status = 400) =>
    refusal(URL, { status, body: JSON.stringify({ error: { message: 'too long', param } }) });

  it.each([
    ['input_tokens', 'tokens'],
    ['max_tokens', 'tokens'],
    ['input_text', 'characters'],
    ['temperature', undefined],
  ])('of %s is %s', (param, complaint) => {
    expect(contextComplaint(said(param))).toBe(complaint);
  });

  it('is none where the engine did not refuse', () => {
    expect(contextComplaint(said('input_tokens', 500))).toBeUndefined();
    expect(contextComplaint(new ParleyError('INTERNAL', 'no answer at all'))).toBeUndefined();
  });
});

describe('connectionError', () => {
  it.each<[string, string, boolean, string]>([
    ['ECONNREFUSED', 'ENGINE_UNAVAILABLE', true, 'nothing listens there'],
    ['ENOTFOUND', 'ENGINE_UNAVAILABLE', true, 'there is no such host'],
    ['UND_ERR_CONNECT_TIMEOUT', 'ENGINE_UNAVAILABLE', true, 'socket'],
    ['ECONNRESET', 'ENGINE_FAILED', true, 'the connection broke before the answer was whole'],
    ['UND_ERR_SOCKET', 'ENGINE_FAILED', true, 'the connection broke before the answer was whole'],
    ['UND_ERR_HEADERS_TIMEOUT', 'ENGINE_FAILED', false, 'no answer within 0.5 s'],
    ['UND_ERR_BODY_TIMEOUT', 'ENGINE_FAILED', false, 'the answer stopped for 0.5 s'],
  ])('judges %s', (code, reason, isLost, said) => {
    const error = connectionError(URL, Object.assign(new Error('socket'), { code }), 500);
    const message = `engine ${URL}: ${said} (${code})`;
    expect(error).toMatchObject({ reason, retryable: true, message });
    expect(isConnectionLost(error)).toBe(isLost);
  });

  it('lets aborts be aborts', () => {
    const aborted = new DOMException('stopped', 'AbortError');
    expect(connectionError(URL, aborted, 500)).toMatchObject({ reason: 'CANCELLED' });
  });
});

describe('malformed', () => {
  it.each<[string, unknown, string]>([
    ['<!DOCTYPE html><title>Sign in</title>', SYNTAX, "no JSON; it sent an HTML page, 'Sign in'"],
    ['', SYNTAX, 'no JSON; it sent nothing'],
    ['{"choices":[{"ind', SYNTAX, 'damaged JSON; it sent {"choices":[{"ind'],
    ['data: {"cho', SYNTAX, 'a damaged event; it sent data: {"cho'],
    ['{}', new Error('no usage'), 'no usage; it sent {}'],
  ])('says what %s is', (body, fault, said) => {
    expect(malformed(URL, fault, body)).toMatchObject({
      reason: 'ENGINE_FAILED',
      retryable: true,
      message: `engine ${URL} does not answer as vLLM does: ${said}`,
    });
  });
});
