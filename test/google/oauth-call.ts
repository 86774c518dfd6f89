// OAuth's shapes at the token endpoint: the form that comes in, the JSON that goes out.
import type { Context } from 'hono';

/** The grant type of a sign-in's code. */
export const CODE = 'authorization_code';

/** The fields of a token call. Read through the context, which keeps them for who asks again. */
export async function tokenForm(c: Context): Promise<URLSearchParams> {
  // Not `text()`: workerd warns that a form is no text.
  return new URLSearchParams(new TextDecoder().decode(await c.req.arrayBuffer()));
}

export function oauthError(status: number, error: string, description: string): Response {
  return json(status, { error, error_description: description });
}

export function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8', 'cache-control': 'private' },
  });
}
