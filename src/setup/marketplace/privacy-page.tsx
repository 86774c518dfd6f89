// What Rollcall holds of people, where, and for how long, as the code has it: change it together with src/db/schema.ts,
// src/google/user.ts (what is read) and src/sso/cookies.ts. Served at /privacy.
// https://developers.google.com/terms/api-services-user-data-policy#limited-use
import type { Config } from '../../config.ts';
import { PRIVACY_PATH, publicPage, VendorCard, vendorName } from './public-page.tsx';
import type { Vendor } from './vendor.ts';

type PrivacyConfig = Pick<Config, 'eventMs' | 'tombstoneMs' | 'sessionTtlMs'>;

const HOUR_MS = 3_600_000;

/** `1 day`, `30 days`. */
function count(ms: number, unitMs: number, unit: string): string {
  const n = Math.round(ms / unitMs);
  return `${n} ${unit}${n === 1 ? '' : 's'}`;
}

const days = (ms: number) => count(ms, 24 * HOUR_MS, 'day');

/** The page at /privacy. */
export function privacyPage(config: PrivacyConfig, vendor: Vendor) {
  return publicPage({
    title: 'Privacy policy',
    here: PRIVACY_PATH,
    vendor,
    children: (
      <>
        <p class="lead">
          Rollcall keeps an application’s list of people equal to an organisation’s Google Workspace
          directory, and signs those people in. This page says what it holds about you, why, where
          and for how long.
        </p>

        <h2>Who is responsible</h2>
        <VendorCard vendor={vendor} />
        <p>
          If your account belongs to an organisation, that organisation decides that Rollcall reads
          its directory, and what the directory says about you.
        </p>

        <h2>What Rollcall holds</h2>
        <ul>
          <li>
            <strong>From your organisation’s directory</strong>, read-only: your Google user id,
            name, e-mail address and aliases, the address of your photo, your organisational unit,
            whether you are an administrator, whether your account is suspended or archived; and as
            far as the directory has them, your job title, department, organisation, cost centre,
            manager, employee id, phone numbers, language, and the custom fields that your
            administrators have made. Your roles here are taken from those.
          </li>
          <li>
            <strong>What changed</strong>: each change of these, with the values before and after.
          </li>
          <li>
            <strong>When you sign in</strong>: Google confirms to Rollcall who you are (user id,
            name, e-mail address). Your session is kept as a hash, from which nobody can sign in as
            you. Rollcall never sees your password, and keeps none of Google’s tokens that were made
            for you.
          </li>
          <li>
            <strong>When you administer Rollcall</strong>: your address, what you did and when.
          </li>
          <li>
            <strong>Technical logs</strong>: user ids, counts, codes and times; no names, addresses
            or tokens. Your network address is used to limit how often somebody may try to sign in,
            and is not kept by Rollcall.
          </li>
        </ul>
        <p>
          It reads no mail, no files, no calendars and no contacts of yours, and has no permission
          to.
        </p>

        <h2>What it is used for</h2>
        <p>
          To let you into the application, to show it your name and roles, to end your access when
          your organisation ends it, and to find out what went wrong when something did. For nothing
          else: not for advertising, not for profiles, not for sale.
        </p>
        <p>
          Rollcall’s use and transfer to any other app of information received from Google APIs
          adheres to the{' '}
          <a href="https://developers.google.com/terms/api-services-user-data-policy">
            Google API Services User Data Policy
          </a>
          , including the Limited Use requirements. Data from Google Workspace is not used to
          develop, improve or train artificial intelligence or machine learning models.
        </p>

        <h2>Where it is</h2>
        <p>
          In the account that {vendorName(vendor)} has at Cloudflare, which runs Rollcall and its
          database, and in the course of that handles your connection and its network address.
          Nobody else receives the data from Rollcall. Photos are not copied: your browser loads
          them from Google.
        </p>

        <h2>How long</h2>
        <ul>
          <li>You, as the directory has you: for as long as you are in it.</li>
          <li>
            After you are gone from the directory: {days(config.tombstoneMs)}, so that a mistake can
            be undone.
          </li>
          <li>
            Changes, messages that could not be handled, and what administrators did:{' '}
            {days(config.eventMs)}.
          </li>
          <li>
            Your session: until you sign out or your account is suspended or removed, at most{' '}
            {count(config.sessionTtlMs, HOUR_MS, 'hour')}.
          </li>
          <li>
            Cloudflare keeps copies of the database, from which it can be restored, for up to 30
            days more; its logs for a shorter time.
          </li>
        </ul>

        <h2>Cookies</h2>
        <p>
          Only those that signing in needs: your session, a sign-in under way, that you have signed
          out, and how often a sign-in was tried in the last minute. None of them follows you
          anywhere else, and there is no analytics.
        </p>

        <h2>Who can see it</h2>
        <p>
          You see your name, address, photo and roles. Administrators of your organisation’s Google
          Workspace, whoever has been made an administrator of Rollcall, and those who operate this
          deployment can see the rest.
        </p>

        <h2>Correcting it, and leaving</h2>
        <p>
          What is wrong here is wrong in the directory: your administrator corrects it there, and it
          is corrected here within minutes. For a copy of what is held about you, or to have it
          deleted, ask your administrator or the address above. An organisation leaves by removing
          the app and its domain-wide delegation in the Admin console, after which Rollcall can read
          nothing more; the operator then deletes the database. At{' '}
          <a href="https://myaccount.google.com/connections">your Google account’s connections</a>{' '}
          you can take back the permission to sign you in.
        </p>
      </>
    ),
  });
}
