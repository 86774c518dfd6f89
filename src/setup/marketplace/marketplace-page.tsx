// The Marketplace kit at /setup/marketplace: Google's two forms that replaced the Chrome Web Store's manifest.json, filled
// in for this deployment, ready to paste. A pure function; who may see it is the door's to say.
// https://developers.google.com/workspace/marketplace/enable-configure-sdk
import { MARKETPLACE_PATH } from '../../page/operator-nav.ts';
import { type NavItem, operatorDocument } from '../../page/operator-page.tsx';
import { Choices, Delegation, NotConfirmed } from './explanations.tsx';
import { FieldGroup } from './field-list.tsx';
import { appConfiguration, appDetails, DISTRIBUTION, supportLinks } from './fields.ts';
import { GraphicAssets, Screenshots } from './pictures.tsx';
import { missingOf, VENDOR, VENDOR_FILE, type Vendor } from './vendor.ts';

/** What of the configuration the page says; a whole `Config` will do. */
export interface MarketplaceConfig {
  publicUrl: URL;
  oauthClient: { readonly id: string } | undefined;
  serviceAccount: { clientId: string | null; projectId: string | null };
}

interface MarketplaceView {
  config: MarketplaceConfig;
  nav: readonly NavItem[];
  who: string | null;
  /** Whether a rule names a group: then two scopes are to be delegated. */
  namesGroups?: boolean;
  /** vendor.ts, unless a test says otherwise. */
  vendor?: Vendor;
}

const SDK = 'appsmarket-component.googleapis.com';
const CONSOLE = 'https://console.cloud.google.com';
const LABELS: Readonly<Record<keyof Vendor, string>> = {
  name: 'name',
  address: 'address',
  website: 'website',
  supportEmail: 'support e-mail',
  isTrader: 'trader status',
};

function ToDo({ config, vendor }: { config: MarketplaceConfig; vendor: Vendor }) {
  const missing = missingOf(vendor).map((field) => LABELS[field]);
  const items = [
    config.publicUrl.protocol !== 'https:' && (
      <li>
        This deployment is at {config.publicUrl.origin}. Google takes only https addresses: open
        this page where it is deployed.
      </li>
    ),
    config.oauthClient === undefined && (
      <li>
        Nobody can sign in yet: set <code>GOOGLE_CLIENT_ID</code> and{' '}
        <code>GOOGLE_CLIENT_SECRET</code> first.
      </li>
    ),
    missing.length > 0 && (
      <li>
        Complete <code>{VENDOR_FILE}</code> and deploy again. It lacks: {missing.join(', ')}. Until
        then <a href="/privacy">/privacy</a>, <a href="/terms">/terms</a> and{' '}
        <a href="/support">/support</a> say that they are templates.
      </li>
    ),
  ].filter(Boolean);
  if (items.length === 0) return null;
  return (
    <section class="card wait" aria-labelledby="to-do">
      <h2 id="to-do">To do before a listing</h2>
      <ul class="steps">{items}</ul>
    </section>
  );
}

function Before({ config, project }: { config: MarketplaceConfig; project: string | null }) {
  const query = project === null ? '' : `?project=${project}`;
  return (
    <section class="card">
      <h2>1. In the Cloud console</h2>
      <ol class="steps">
        <li>
          Choose the project of the OAuth client{' '}
          {config.oauthClient && <code>{config.oauthClient.id}</code>}
          {project !== null && (
            <>
              ; the service account’s is <code>{project}</code>, best the same
            </>
          )}
          .
        </li>
        <li>
          Enable the{' '}
          <a href={`${CONSOLE}/apis/library/${SDK}${query}`}>Google Workspace Marketplace SDK</a>.
        </li>
        <li>
          Under <a href={`${CONSOLE}/auth/overview${query}`}>Google Auth Platform</a> give the
          consent screen the same name, scopes, and links to privacy policy and terms as below.
        </li>
      </ol>
    </section>
  );
}

function FormHeader({ id, title, href }: { id: string; title: string; href: string }) {
  return (
    <header class="page">
      <div>
        <h2 id={id}>{title}</h2>
      </div>
      <a class="button" href={href}>
        Open the form<span class="unseen">: {title}</span>
      </a>
    </header>
  );
}

function Publish() {
  return (
    <section class="card">
      <h2>4. Publish and install</h2>
      <ol class="steps">
        <li>
          In <em>Store Listing</em>, <em>Submit for review</em>. A private listing is published at
          once; of a public one Google’s reviewers write to the developer email.
        </li>
        <li>
          As a super administrator open the App URL that the same page shows now, and choose{' '}
          <em>Admin install</em>, for everybody or for some organisational units.
        </li>
        <li>
          Open the app launcher (the nine dots) in Gmail or Drive as one of them, and then Rollcall:
          signed in, without a consent window.
        </li>
      </ol>
    </section>
  );
}

/** The page, whole. */
export function marketplacePage({
  config,
  nav,
  who,
  namesGroups = false,
  vendor = VENDOR,
}: MarketplaceView) {
  const project = config.serviceAccount.projectId;
  const query = project === null ? '' : `?project=${project}`;
  return operatorDocument({
    title: 'Marketplace kit',
    here: MARKETPLACE_PATH,
    nav,
    who,
    children: (
      <>
        <header class="page">
          <div>
            <h1>Google Workspace Marketplace kit</h1>
            <p class="lead">
              A listing puts Rollcall into everybody’s app launcher, and lets an administrator agree
              for the whole organisation. What was manifest.json in the Chrome Web Store is today
              two forms in the Cloud console: here they are, filled in for{' '}
              <strong>{config.publicUrl.host}</strong>, in their order.
            </p>
          </div>
        </header>
        <ToDo config={config} vendor={vendor} />
        <Before config={config} project={project} />
        <section class="groups" aria-labelledby="configuration">
          <FormHeader
            id="configuration"
            title="2. App Configuration"
            href={`${CONSOLE}/apis/api/${SDK}/googleapps_sdk${query}`}
          />
          <div class="two">
            {appConfiguration(config.publicUrl, vendor).map((group, i) => (
              <FieldGroup prefix={`configuration-${i}`} group={group} />
            ))}
          </div>
        </section>
        <section class="groups" aria-labelledby="listing">
          <FormHeader
            id="listing"
            title="3. Store Listing"
            href={`${CONSOLE}/apis/api/${SDK}/googleapps_sdk_publish${query}`}
          />
          <FieldGroup prefix="details" group={appDetails()} />
          <div class="two">
            <GraphicAssets />
            <Screenshots />
            <FieldGroup prefix="links" group={supportLinks(config.publicUrl)} />
            <FieldGroup prefix="distribution" group={DISTRIBUTION} />
          </div>
        </section>
        <Publish />
        <div class="two">
          <Choices />
          <div class="groups">
            <Delegation clientId={config.serviceAccount.clientId} namesGroups={namesGroups} />
            <NotConfirmed />
          </div>
        </div>
      </>
    ),
  });
}
