// Who offers this deployment to others: the one file to complete before a listing. It is read by /privacy, /terms,
// /support and the Marketplace kit, all of which say so while something is missing. Everything here is published.

export interface Vendor {
  /** The company or person, as it is registered. */
  name: string | null;
  /** Postal address. Google shows it where the vendor is a trader. */
  address: string | null;
  /** An https address about the vendor or the product. */
  website: string | null;
  /** Where people and Google's reviewers write to; read by somebody. */
  supportEmail: string | null;
  /** Whether the vendor acts as a trader in the sense of European consumer law. Ask whoever knows; nobody can guess it. */
  isTrader: boolean | null;
}

/** `null` = not said yet. Lines of the address are parted by `\n`. */
export const VENDOR: Vendor = {
  name: null,
  address: null,
  website: null,
  supportEmail: null,
  isTrader: null,
};

/** Where to say it; shown to operators. */
export const VENDOR_FILE = 'src/setup/marketplace/vendor.ts';

/** What has not been said yet, by field. */
export function missingOf(vendor: Vendor): (keyof Vendor)[] {
  return (['name', 'address', 'website', 'supportEmail', 'isTrader'] as const).filter(
    (field) => vendor[field] === null || vendor[field] === '',
  );
}
