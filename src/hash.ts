// The one hash of texts: of secrets only this is kept, and forms name by it the state that they show.
import { base64url } from 'jose';

/** SHA-256 of a text, base64url: 43 characters. */
export async function sha256Of(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return base64url.encode(new Uint8Array(bytes));
}
