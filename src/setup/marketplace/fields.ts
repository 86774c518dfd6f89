// Google's two forms, field by field in their order, filled in from the configuration.
// https://developers.google.com/workspace/marketplace/enable-configure-sdk
// https://developers.google.com/workspace/marketplace/create-listing
import { universalNavigationUrl } from '../values.ts';
import {
  APP_NAME,
  LIMITS,
  LONG_DESCRIPTION,
  SHORT_DESCRIPTION,
  SIGN_IN_SCOPES,
} from './listing-text.ts';
import type { Vendor } from './vendor.ts';

export interface Field {
  label: string;
  /** `paste`: text for a box. `choose`: one of the form's own answers. */
  how: 'paste' | 'choose';
  /** `null`: the vendor has not said it yet. */
  value: string | null;
  /** Characters that the form takes. */
  limit?: number;
  /** Why this answer, or what to mind. */
  says?: string;
}

export interface Group {
  title: string;
  fields: readonly Field[];
}

const choose = (label: string, value: string | null, says?: string): Field => ({
  label,
  how: 'choose',
  value,
  ...(says ? { says } : {}),
});
const paste = (label: string, value: string | null, more: Pick<Field, 'limit' | 'says'> = {}) =>
  ({ label, how: 'paste', value, ...more }) satisfies Field;

const trader = ({ isTrader }: Vendor) => {
  if (isTrader === null) return null;
  return isTrader ? 'Trader' : 'Not a trader';
};

/** Marketplace SDK › App Configuration. */
export function appConfiguration(publicUrl: URL, vendor: Vendor): Group[] {
  return [
    {
      title: 'Who can see and install it',
      fields: [
        choose(
          'App visibility',
          'Private',
          'Can’t be changed once saved. One deployment keeps the people of one Google Workspace, so your own organisation is who can use it. Leave “Unlisted” off.',
        ),
        choose(
          'Installation settings',
          'Admin Only Install',
          'Only an administrator can let the service account read users, and only an administrator’s install spares everybody the consent window.',
        ),
      ],
    },
    {
      title: 'App integrations',
      fields: [
        choose('Integration', 'Web app', 'Tick no other: Rollcall has no add-on, files or chat.'),
        paste('Universal Navigation URL', universalNavigationUrl(publicUrl), {
          says: 'The entry in the app launcher. It signs people in; Google rejects an address that is only a landing page.',
        }),
      ],
    },
    {
      title: 'OAuth scopes',
      fields: SIGN_IN_SCOPES.map((scope, i) =>
        paste(`Scope ${i + 1} of ${SIGN_IN_SCOPES.length}`, scope, {
          ...(i === 0 ? { says: 'The same three as on the consent screen, and no others.' } : {}),
        }),
      ),
    },
    {
      title: 'Developer information',
      fields: [
        choose('Trader status', trader(vendor)),
        paste('Developer name', vendor.name),
        paste('Developer website URL', vendor.website),
        paste('Developer email', vendor.supportEmail, {
          says: 'Google writes here about the listing’s review.',
        }),
        paste('Address', vendor.address, { says: 'Asked of traders.' }),
      ],
    },
  ];
}

/** Marketplace SDK › Store Listing, without its pictures. */
export function appDetails(): Group {
  return {
    title: 'App details',
    fields: [
      choose('Language', 'English', 'The default; add others with their own texts.'),
      paste('Application name', APP_NAME, {
        limit: LIMITS.name,
        says: 'The same as on the consent screen, and without the name of a Google product.',
      }),
      paste('Short description', SHORT_DESCRIPTION, { limit: LIMITS.short }),
      paste('Detailed description', LONG_DESCRIPTION, {
        limit: LIMITS.long,
        says: 'A text to start from: edit it here or in the form.',
      }),
      choose(
        'Category',
        'Administration & Management',
        'Under Business Tools. Take the nearest if the list has changed.',
      ),
      choose('Pricing', 'Free of charge', 'Choose another if you charge for it.'),
    ],
  };
}

export function supportLinks(publicUrl: URL): Group {
  const at = (path: string) => new URL(path, publicUrl).href;
  return {
    title: 'Support links',
    fields: [
      paste('Terms of service', at('/terms')),
      paste('Privacy policy', at('/privacy')),
      paste('Support', at('/support')),
    ],
  };
}

export const DISTRIBUTION: Group = {
  title: 'Distribution',
  fields: [
    choose(
      'Regions',
      'All Regions',
      'Where the listing is found; it changes nothing for those who have the app.',
    ),
  ],
};
