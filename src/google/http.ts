// One HTTP exchange with Google: a deadline, a size limit, no redirects, and a body that may be anything.
import { GoogleApiError, retryAfterSeconds } from './errors.ts';

export type Fetch = (request: Request) => Promise<Response>;

export interface Answer {
  status: number;
  /** Parsed JSON; `undefined` where the body is empty, HTML, plain text or cut off. */
  body: unknown;
  retryAfterSeconds: number | undefined;
}

interface ExchangeLimits {
  timeoutMs: number;
  maxBytes: number;
  nowMs: () => number;
}

async function readLimited(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let size = 0;
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream.
    if (size > maxBytes)
      throw new GoogleApiError({ code: 'too-large', status: response.status, retryable: false });
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the caller decides what that means for this status.
    return undefined;
  }
}

async function send(
  fetch: Fetch,
  request: Request,
  limits: Omit<ExchangeLimits, 'nowMs'>,
): Promise<{ response: Response; text: string }> {
  const signal = AbortSignal.timeout(limits.timeoutMs);
  try {
    const response = await fetch(new Request(request, { signal, redirect: 'manual' }));
    return { response, text: await readLimited(response, limits.maxBytes) };
  } catch (error) {
    if (error instanceof GoogleApiError) throw error;
    throw new GoogleApiError({
      code: signal.aborted ? 'timeout' : 'network',
      status: 0,
      retryable: true,
    });
  }
}

/**
 * Sends one request and reads the whole answer.
 *
 * @throws {GoogleApiError} `timeout` or `network` (both retryable), or `too-large`
 */
export async function exchange(
  fetch: Fetch,
  request: Request,
  limits: ExchangeLimits,
): Promise<Answer> {
  const { response, text } = await send(fetch, request, limits);
  return {
    status: response.status,
    body: parseJson(text),
    retryAfterSeconds: retryAfterSeconds(response.headers.get('retry-after'), limits.nowMs()),
  };
}

/**
 * The same for a library that wants a `Response`: our deadline, size limit, and no redirects.
 *
 * @throws {GoogleApiError} as `exchange`, and `invalid-response` (retryable)
 */
export async function limitedFetch(
  fetch: Fetch,
  request: Request,
  limits: Omit<ExchangeLimits, 'nowMs'>,
): Promise<Response> {
  const { response, text } = await send(fetch, request, limits);
  const { status, headers } = response;
  try {
    return new Response(text === '' ? null : text, { status, headers });
  } catch {
    // A status that is none, or a body where there is none.
    throw new GoogleApiError({ code: 'invalid-response', status, retryable: true });
  }
}
