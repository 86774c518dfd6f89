// A service account's downloaded key file, as text → what is used of it. Problems name fields, never values.
import * as z from 'zod';
import type { ServiceAccountKey } from './service-account.ts';

const KEY_PROBLEM = 'must be the whole JSON key file of a service account';

const keyFile = z.object({
  type: z.literal('service_account'),
  client_email: z.email(),
  client_id: z
    .string()
    .regex(/^\d{6,40}$/)
    .optional(),
  project_id: z
    .string()
    .regex(/^[a-z0-9.:-]{4,80}$/)
    .optional()
    .catch(undefined),
  private_key_id: z.string().min(1),
  private_key: z
    .string()
    .regex(/^-----BEGIN PRIVATE KEY-----\s[\sA-Za-z0-9+/=]+-----END PRIVATE KEY-----\s*$/),
  token_uri: z.url(),
});

/** Parses the JSON of a key file. */
export const serviceAccountKey = z.string().transform((text, context): ServiceAccountKey => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Reported below, without a byte of it.
  }
  const parsed = keyFile.safeParse(json);
  if (!parsed.success) {
    const fields = [
      ...new Set(parsed.error.issues.map((issue) => issue.path[0]).filter(Boolean)),
    ].map(String);
    context.addIssue(
      KEY_PROBLEM + (fields.length > 0 ? ` (wrong or missing: ${fields.join(', ')})` : ''),
    );
    return z.NEVER;
  }
  const { client_email, client_id, project_id, private_key_id, private_key, token_uri } =
    parsed.data;
  return {
    clientEmail: client_email,
    clientId: client_id ?? null,
    projectId: project_id ?? null,
    privateKeyId: private_key_id,
    privateKey: private_key,
    tokenUri: token_uri,
  };
});
