import { describe, expect, it } from 'vitest';
import { connectionError, isConnectionLost, isModelMissing, refusal } from './engine-errors.ts';

const URL = 'http://engine:8000';

/** What vLLM 0.32 answers. */
const MISSING =
  '{"error":{"message":"The model `ad3` does not exist. Valid aliases: base.","type":"NotFoundError","param":"model","code":404}}';
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

describe('connectionError', () => {
  it.each<[string, string, boolean]>([
    ['ECONNREFUSED', 'ENGINE_UNAVAILABLE', true],
    ['UND_ERR_CONNECT_TIMEOUT', 'ENGINE_UNAVAILABLE', true],
    ['ECONNRESET', 'ENGINE_FAILED', true],
    ['UND_ERR_SOCKET', 'ENGINE_FAILED', true],
    ['UND_ERR_HEADERS_TIMEOUT', 'ENGINE_FAILED', false],
  ])('judges %s', (code, reason, isLost) => {
    const error = connectionError(URL, Object.assign(new Error('socket'), { code }));
    expect(error).toMatchObject({ reason, retryable: true });
    expect(isConnectionLost(error)).toBe(isLost);
  });

  it('lets aborts be aborts', () => {
    const aborted = new DOMException('stopped', 'AbortError');
    expect(connectionError(URL, aborted)).toMatchObject({ reason: 'CANCELLED' });
  });
});
