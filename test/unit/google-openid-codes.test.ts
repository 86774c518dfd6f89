// What a code is worth at the laptop Workspace, to whom and for how long, and who a client is.
import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CLIENT, INVALID_GRANT, openIdApp, REDIRECT_URI, SUNNY } from './openid-app.ts';

const VERIFIER = 'v'.repeat(43);
const S256 = createHash('sha256').update(VERIFIER).digest('base64url');
let app: Awaited<ReturnType<typeof openIdApp>>;

beforeAll(async () => {
  app = await openIdApp();
});
beforeEach(() => app.reset());

describe('a code', () => {
  test('works once', async () => {
    const code = await app.codeFor();
    expect((await app.redeem(code)).status).toBe(200);
    expect(await app.redeem(code)).toMatchObject(INVALID_GRANT);
    expect(app.google.openid.tokenCalls).toBe(2);
  });

  test('works for five minutes', async () => {
    const [early, late] = [await app.codeFor(), await app.codeFor()];
    app.clock.nowMs += 5 * 60_000 - 1;
    expect((await app.redeem(early)).status).toBe(200);
    app.clock.nowMs += 1;
    expect(await app.redeem(late)).toMatchObject(INVALID_GRANT);
  });

  test('works only where it was sent', async () => {
    for (const redirect_uri of [`${REDIRECT_URI}/`, null]) {
      expect(await app.redeem(await app.codeFor(), { redirect_uri })).toMatchObject(INVALID_GRANT);
    }
  });

  test('works only for its client, and a stranger can not use it up', async () => {
    app.google.openid.clients.register({ ...CLIENT, clientId: 'another' });
    const code = await app.codeFor();
    expect(await app.redeem(code, { client_id: 'another' })).toMatchObject(INVALID_GRANT);
    expect(await app.redeem(code, { client_secret: 'wrong' })).toMatchObject({ status: 401 });
    expect((await app.redeem(code)).status).toBe(200);
  });

  test.each<[string, object, string | null, number]>([
    ['its S256 verifier', { code_challenge: S256, code_challenge_method: 'S256' }, VERIFIER, 200],
    [
      'its plain verifier',
      { code_challenge: VERIFIER, code_challenge_method: 'plain' },
      VERIFIER,
      200,
    ],
    ['a plain verifier by default', { code_challenge: VERIFIER }, VERIFIER, 200],
    ['no verifier', { code_challenge: S256, code_challenge_method: 'S256' }, null, 400],
    ['a wrong one', { code_challenge: S256, code_challenge_method: 'S256' }, 'w'.repeat(43), 400],
    ['the challenge', { code_challenge: S256, code_challenge_method: 'S256' }, S256, 400],
    ['a verifier nobody asked for', {}, VERIFIER, 400],
  ])('with %s', async (_, params, code_verifier, status) => {
    const answer = await app.redeem(await app.codeFor(SUNNY, params), { code_verifier });
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer).toMatchObject(INVALID_GRANT);
  });

  test('of somebody suspended meanwhile still works, of somebody deleted it does not', async () => {
    const [first, second] = [await app.codeFor(), await app.codeFor()];
    app.google.workspace.suspend(SUNNY);
    expect((await app.redeem(first)).status).toBe(200);
    app.google.workspace.remove(SUNNY);
    expect(await app.redeem(second)).toMatchObject(INVALID_GRANT);
  });

  test('does not outlive a restore', async () => {
    const code = await app.codeFor();
    app.google.restore(app.google.snapshot());
    expect(await app.redeem(code)).toMatchObject(INVALID_GRANT);
  });

  test('that never was is no grant, and none at all is a bad request', async () => {
    expect(await app.redeem('4/0Amade-up')).toMatchObject(INVALID_GRANT);
    expect(await app.redeem('', { code: null })).toMatchObject({
      body: { error: 'invalid_request' },
    });
  });
});

describe('the client', () => {
  const basic = (text: string) => ({ authorization: `Basic ${btoa(text)}` });
  const silent = { client_id: null, client_secret: null };

  test('authenticates by form or by header', async () => {
    expect((await app.redeem(await app.codeFor())).status).toBe(200);
    const header = basic('the-client:the+secret');
    expect((await app.redeem(await app.codeFor(), silent, header)).status).toBe(200);
  });

  test('may have a secret of any characters', async () => {
    const clientSecret = '?~>:ü+/ %';
    app.google.openid.clients.register({ ...CLIENT, clientSecret });
    const encoded = String(new URLSearchParams({ x: clientSecret })).slice(2);
    for (const text of [`the-client:${encoded}`, 'the-client:?~>:%C3%BC%2B/+%25']) {
      expect((await app.redeem(await app.codeFor(), silent, basic(text))).status).toBe(200);
    }
  });

  test.each<[string, Record<string, string | null>, Record<string, string>, number, string]>([
    ['a wrong secret', { client_secret: 'x' }, {}, 401, 'invalid_client'],
    ['a wrong secret in the header', silent, basic('the-client:x'), 401, 'invalid_client'],
    ['a header without colon', silent, basic('the-client'), 400, 'invalid_request'],
    ['a header that is no base64', silent, { authorization: 'Basic %%%' }, 400, 'invalid_request'],
    ['an unknown id', { client_id: 'x' }, {}, 401, 'invalid_client'],
    ['no id', silent, {}, 400, 'invalid_request'],
    ['no secret', { client_secret: null }, {}, 400, 'invalid_request'],
  ])('is refused with %s', async (_, fields, headers, status, error) => {
    const answer = await app.redeem(await app.codeFor(), fields, headers);
    expect(answer).toMatchObject({ status, body: { error } });
  });

  test.each(['disabled', 'deleted'] as const)('is refused when %s', async (status) => {
    const code = await app.codeFor();
    Object.assign(app.google.openid.clients.find(CLIENT.clientId) ?? {}, { status });
    expect(await app.redeem(code)).toMatchObject({
      status: 401,
      body: { error: `${status}_client` },
    });
  });
});
