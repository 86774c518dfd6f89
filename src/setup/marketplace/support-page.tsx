// Where people of this deployment get help: most of it they find with their own administrator. Served at /support.
import { Contact, publicPage, SUPPORT_PATH, VendorCard } from './public-page.tsx';
import type { Vendor } from './vendor.ts';

/** The page at /support. */
export function supportPage(vendor: Vendor) {
  return publicPage({
    title: 'Support',
    here: SUPPORT_PATH,
    vendor,
    children: (
      <>
        <h2>I can’t sign in</h2>
        <p>
          Sign in with your organisation’s Google account, not a personal one. If the page says that
          you can’t be let in, it ends with a reason and a reference: send both to your Google
          Workspace administrator. If Google itself says that an administrator has blocked the app,
          only they can allow it.
        </p>

        <h2>My name, address or roles are wrong</h2>
        <p>
          They come from your organisation’s directory. Your Google Workspace administrator corrects
          them there; the correction is here within seconds, at the latest within minutes.
        </p>

        <h2>For administrators</h2>
        <p>
          <a href="/healthz/sync">/healthz/sync</a> says in one word whether people are in step. If
          they are not, or if somebody’s reference does not explain itself, write to us with the
          reference. Never send a key file, a secret or a link that signs somebody in.
        </p>

        <h2>Reaching us</h2>
        {vendor.supportEmail ? (
          <p>
            Write to <Contact value={vendor.supportEmail} />, also about a weakness in security.
          </p>
        ) : (
          <p>
            The operator of this deployment has not said yet how to be reached. Ask your
            organisation’s Google Workspace administrator.
          </p>
        )}
        <VendorCard vendor={vendor} />
      </>
    ),
  });
}
