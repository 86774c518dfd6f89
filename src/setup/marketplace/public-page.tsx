// The frame of /privacy, /terms and /support: a text to read, open to everybody; while the vendor is not named, a notice
// first that it is only a template.
import type { Child } from 'hono/jsx';
import { operatorDocument } from '../../page/operator-page.tsx';
import { missingOf, type Vendor } from './vendor.ts';

export const PRIVACY_PATH = '/privacy';
export const TERMS_PATH = '/terms';
export const SUPPORT_PATH = '/support';

const PAGES = [
  { href: PRIVACY_PATH, label: 'Privacy' },
  { href: TERMS_PATH, label: 'Terms' },
  { href: SUPPORT_PATH, label: 'Support' },
] as const;

const EMAIL = /^[^\s@<>"?&]+@[^\s@<>"?&]+$/;

/** A link only where it is an address to write to, or an https page: whatever else a vendor writes stays text. */
export function Contact({ value }: { value: string }) {
  if (EMAIL.test(value)) return <a href={`mailto:${value}`}>{value}</a>;
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol === 'https:') return <a href={url.href}>{value}</a>;
  return <bdi>{value}</bdi>;
}

/** Name, address, website: what is known of the vendor. */
export function VendorCard({ vendor }: { vendor: Vendor }) {
  const lines = (vendor.address ?? '').split('\n').filter(Boolean);
  return (
    <address>
      <strong>
        <bdi>{vendor.name || 'The operator of this deployment'}</bdi>
      </strong>
      {lines.map((line) => (
        <>
          <br />
          <bdi>{line}</bdi>
        </>
      ))}
      {[vendor.supportEmail, vendor.website].filter(Boolean).map((value) => (
        <>
          <br />
          <Contact value={value ?? ''} />
        </>
      ))}
    </address>
  );
}

/** How a sentence calls the vendor. */
export const vendorName = (vendor: Vendor) => vendor.name || 'the operator of this deployment';

function TemplateNotice() {
  return (
    <aside class="card wait" aria-labelledby="template">
      <h2 id="template">This page is a template</h2>
      <p>
        Whoever operates this deployment has not completed it: it does not say yet who they are, and
        how to reach them. It describes how Rollcall works; it is nobody’s promise.
      </p>
    </aside>
  );
}

/** A whole public page. */
export function publicPage({
  title,
  here,
  vendor,
  children,
}: {
  title: string;
  here: (typeof PAGES)[number]['href'];
  vendor: Vendor;
  children: Child;
}) {
  return operatorDocument({
    title,
    children: (
      <article class="prose">
        {missingOf(vendor).length > 0 && <TemplateNotice />}
        <h1>{title}</h1>
        {children}
        <nav class="small quiet" aria-label="About this service">
          {PAGES.map(({ href, label }) => (
            <a href={href} aria-current={href === here ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
      </article>
    ),
  });
}
