// One HTTP exchange with Google: a deadline, a size limit, no redirects, and a body that may be anything.
import { describe, expect, test } from 'vitest';
import { exchange, limitedFetch } from '../../src/google/http.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 9);
const limits = { timeoutMs: 60_000, maxBytes: 100, nowMs: () => NOW_MS };
const request = () => new Request('https://admin.googleapis.com/x');
const answering = (response: Response) => exchange(async () => response, request(), limits);

describe('the body of an answer', () => {
  test.each([
    ['JSON', '{"a":1}', { a: 1 }],
    ['HTML', '<html></html>', undefined],
    ['plain text', 'Request rate higher than configured', undefined],
    ['cut off', '{"a":', undefined],
    ['empty', '', undefined],
    ['null', 'null', null],
  ])('that is %s', async (_, text, body) => {
    expect(await answering(new Response(text))).toMatchObject({ status: 200, body });
  });

  test('that is absent is empty', async () => {
    expect(await answering(new Response(null, { status: 204 }))).toMatchObject({
      status: 204,
      body: undefined,
    });
  });

  test('that is too large is not read to its end, and is an error that time does not cure', async () => {
    let pulled = 0;
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(60));
      },
      cancel() {
        isCancelled = true;
      },
    });

    await expect(answering(new Response(body))).rejects.toMatchObject({
      code: 'too-large',
      retryable: false,
    });
    expect(pulled).toBeLessThan(6);
    expect(isCancelled).toBe(true);
  });

  test('whose characters are split between chunks is put together', async () => {
    const bytes = new TextEncoder().encode('{"name":"山👩‍🚀"}');
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });

    expect(await answering(new Response(body))).toMatchObject({ body: { name: '山👩‍🚀' } });
  });

  test('that breaks off is a failure of the network', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new TypeError('reset by peer'));
      },
    });

    await expect(answering(new Response(body))).rejects.toMatchObject({
      code: 'network',
      retryable: true,
    });
  });
});

test('a call that is not answered in time is a timeout, which is repeated', async () => {
  const never = (sent: Request) =>
    new Promise<Response>((_, reject) => {
      sent.signal.addEventListener('abort', () => reject(sent.signal.reason));
    });

  await expect(exchange(never, request(), { ...limits, timeoutMs: 1 })).rejects.toMatchObject({
    code: 'timeout',
    status: 0,
    retryable: true,
  });
});

test('a connection that breaks is a failure of the network, without its words', async () => {
  const broken = async () => {
    throw new TypeError('fetch failed for https://admin.googleapis.com/x?q=ana@example.test');
  };
  const error = await exchange(broken, request(), limits).catch((reason: unknown) => reason);

  expect(error).toMatchObject({ code: 'network', status: 0, retryable: true });
  expect(String(error)).not.toContain('ana@');
});

test('a redirect is not followed: it leads a token elsewhere', async () => {
  let mode: string | undefined;
  await exchange(
    async (sent) => {
      mode = sent.redirect;
      return new Response(null, { status: 302, headers: { location: 'https://evil.test/' } });
    },
    request(),
    limits,
  );

  expect(mode).toBe('manual');
});

test('an answer whose status is none, for a library that wants a Response, is an answer of no use', async () => {
  const odd = Object.defineProperty(new Response('sorry'), 'status', { value: 999 });

  await expect(limitedFetch(async () => odd, request(), limits)).rejects.toMatchObject({
    code: 'invalid-response',
    status: 999,
    retryable: true,
  });
});
