// What of zod the OpenAPI document is made with. `wrangler.toml` puts this in the place of `zod/v4/core`, which
// hono-openapi's converter loads whole, with zod's messages in fifty languages: 70 kB compressed that nobody reads.
export { toJSONSchema } from 'zod';
