// Keys for each purpose, derived from APP_SECRET by HKDF-SHA-256 (RFC 5869). `info` names the purpose and
// the origin, so that a key of one deployment or use is worth nothing in another.

/** What a derived key is for; changing a label makes everything signed under it invalid. */
export type KeyPurpose =
  | 'rollcall/channel-token/v1'
  | 'rollcall/login-cookie/v1'
  | 'rollcall/setup-link/v1';

async function deriveBits(secret: string, info: string, bits: number): Promise<ArrayBuffer> {
  const encoder = new TextEncoder();
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, [
    'deriveBits',
  ]);
  return crypto.subtle.deriveBits(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(info) },
    material,
    bits,
  );
}

/** @returns an HMAC-SHA-256 key that can sign and verify, not extractable */
export async function deriveHmacKey(
  secret: string,
  purpose: KeyPurpose,
  origin: string,
): Promise<CryptoKey> {
  return crypto.subtle.importKey(
    'raw',
    await deriveBits(secret, `${purpose}\n${origin}`, 256),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign', 'verify'],
  );
}

/** @returns an AES-256-GCM key that can encrypt and decrypt, not extractable */
export async function deriveEncryptionKey(
  secret: string,
  purpose: KeyPurpose,
  origin: string,
): Promise<CryptoKey> {
  return crypto.subtle.importKey(
    'raw',
    await deriveBits(secret, `${purpose}\n${origin}`, 256),
    { name: 'AES-GCM' },
    false,
    ['encrypt', 'decrypt'],
  );
}

/** A public name for a derived key: 16 hexadecimal digits that tell two keys apart and reveal neither. */
export async function deriveKeyId(
  secret: string,
  purpose: KeyPurpose,
  scope: string,
): Promise<string> {
  const bits = await deriveBits(secret, `rollcall/key-id/v1\n${purpose}\n${scope}`, 64);
  return [...new Uint8Array(bits)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
