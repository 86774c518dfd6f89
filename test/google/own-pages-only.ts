// Refuses a form that another site sent: the Admin console and the accounts pages change things.
import { createMiddleware } from 'hono/factory';

/** Browsers tell where a POST comes from; a program like curl says nothing and may pass. */
export const ownPagesOnly = createMiddleware(async (c, next) => {
  if (c.req.method === 'POST') {
    const site = c.req.header('sec-fetch-site');
    const origin = c.req.header('origin');
    const isForeign = origin !== undefined && origin !== new URL(c.req.url).origin;
    if ((site !== undefined && site !== 'same-origin') || isForeign) {
      return c.text('This form was sent by another site.', 403);
    }
  }
  return next();
});
