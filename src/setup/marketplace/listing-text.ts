// The words of the listing, to be edited here or in Google's form, and the limits that the form sets.
// https://developers.google.com/workspace/marketplace/create-listing

/** Characters. Google says "less than 16,000" of the last. */
export const LIMITS = { name: 50, short: 200, long: 15_999 } as const;

/** As on the consent screen, and without the name of any Google product. */
export const APP_NAME = 'Rollcall';

export const SHORT_DESCRIPTION =
  'Keeps an application’s people in step with your Google Workspace directory and signs them in. Whoever joins, changes or leaves is right there within seconds.';

/** Plain text: the form knows no markup. */
export const LONG_DESCRIPTION = `Rollcall keeps the people of an application in step with Google Workspace, and signs them in.

When you add somebody, rename them, give them a role, suspend them or delete them in the Admin console, Google tells Rollcall, and within seconds the application knows. Whoever is suspended or deleted is signed out at that moment, on every device.

What it does
• Brings in everybody in your directory, and follows every change.
• Signs people in with their Google account; where an administrator has installed the app, without asking each of them for consent. Nobody has a password here.
• Takes roles from a custom schema in the Admin console, so that who may do what is decided where you manage people.
• Goes through the whole directory every few minutes, and makes good what a lost message left behind.
• Holds back removals that look like an accident until an administrator has agreed.

What it needs
• A super administrator, once: to install the app, and to let its service account read users (read-only, one scope).
• Three sign-in scopes: openid, email and profile. No access to mail, files or calendars.

What it keeps
Names, addresses, organisational units, roles and other fields of the directory, for as long as somebody is in it and a set number of days after. It runs in its operator’s own Cloudflare account. The privacy policy says the rest.`;

/** All that signing in asks for; the list must be the same on the consent screen. None of them is sensitive. */
export const SIGN_IN_SCOPES = [
  'openid',
  'https://www.googleapis.com/auth/userinfo.email',
  'https://www.googleapis.com/auth/userinfo.profile',
] as const;
