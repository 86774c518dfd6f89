// Whether the service-account key is one that can sign.
import { importSigningKey, type ServiceAccountKey } from '../../google/service-account.ts';
import { type Finding, failed, ok } from '../finding.ts';
import { NEW_KEY_PASTE, newKeySteps } from './places.ts';

/** `canSign` is all that the checks after this one need; the numeric client id is for people to paste. */
export async function checkKey(
  key: ServiceAccountKey,
): Promise<{ finding: Finding; canSign: boolean }> {
  try {
    await importSigningKey(key);
  } catch {
    // Its words may hold a part of the key.
    const says =
      'The private key in GOOGLE_SERVICE_ACCOUNT_KEY is damaged, or not an RSA key (PKCS#8).';
    return { finding: failed('key', says, newKeySteps(key), NEW_KEY_PASTE), canSign: false };
  }
  if (key.clientId === null) {
    const says =
      'The key signs, but client_id is missing from GOOGLE_SERVICE_ACCOUNT_KEY: the number that domain-wide delegation is granted to. The key file was cut short.';
    const steps = [
      'Set GOOGLE_SERVICE_ACCOUNT_KEY again, to the whole key file as Google’s console handed it out.',
    ];
    return { finding: failed('key', says, steps, NEW_KEY_PASTE), canSign: true };
  }
  return { finding: ok('key', `It is an RSA key of ${key.clientEmail}.`), canSign: true };
}
