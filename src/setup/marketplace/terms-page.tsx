// The terms under which people use this deployment: short, and true of Rollcall as it is. Served at /terms. Its operator
// edits the text here, and has it read by somebody who knows the law that applies.
import {
  PRIVACY_PATH,
  publicPage,
  SUPPORT_PATH,
  TERMS_PATH,
  VendorCard,
  vendorName,
} from './public-page.tsx';
import type { Vendor } from './vendor.ts';

/** The page at /terms. */
export function termsPage(vendor: Vendor) {
  const name = vendorName(vendor);
  return publicPage({
    title: 'Terms of service',
    here: TERMS_PATH,
    vendor,
    children: (
      <>
        <p class="lead">
          These terms are between you, or the organisation that you belong to, and whoever offers
          this deployment of Rollcall.
        </p>
        <VendorCard vendor={vendor} />

        <h2>What it does</h2>
        <p>
          Rollcall reads an organisation’s Google Workspace directory, keeps an application’s list
          of people equal to it, and signs those people in with their Google accounts. It changes
          nothing in Google Workspace.
        </p>

        <h2>Who may use it</h2>
        <p>
          People with an active account in an organisation whose administrator has installed
          Rollcall. The administrator must have the right to give it access to the directory, and
          can end that access at any moment in the Admin console.
        </p>

        <h2>What we ask of you</h2>
        <ul>
          <li>Sign in as yourself, and keep your Google account safe.</li>
          <li>
            Do not try to get at others’ data, or to overload or break the service. If you find a
            weakness, tell us through <a href={SUPPORT_PATH}>support</a> before you tell others.
          </li>
        </ul>

        <h2>What you can expect</h2>
        <p>
          Changes usually arrive within seconds; when messages of Google’s are lost, a few minutes
          later. Rollcall depends on Google Workspace and Cloudflare, and can’t be better available
          than they are. It is offered as it is: no availability is promised here, and as far as the
          law allows, {name} is not liable for damage that comes from its use or its absence.
        </p>

        <h2>Your data</h2>
        <p>
          The <a href={PRIVACY_PATH}>privacy policy</a> says what is held, where and for how long.
          It stays yours, or your organisation’s.
        </p>

        <h2>The software</h2>
        <p>
          Rollcall’s source is under the MIT licence, which also says that it comes without
          warranty. These terms are about this deployment of it, not about the software.
        </p>

        <h2>Changes, and the end</h2>
        <p>
          If these terms change, this page changes. You can stop at any time; so can {name}, who
          will tell the administrators before. Afterwards the data is deleted as the privacy policy
          says.
        </p>
      </>
    ),
  });
}
