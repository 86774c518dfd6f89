// OpenID Connect sign-in of this Google: clients, accounts, consents, keys, and the switches with which
// a test makes Google behave in each of the ways that were seen. `routes` puts it on HTTP.
import { Hono } from 'hono';
import type { JWK } from 'jose';
import type { Workspace } from '../workspace.ts';
import { Accounts, type Consumer, Consumers } from './accounts.ts';
import { authorizationRoutes } from './authorization-routes.ts';
import { type ClientDetails, type OAuthClient, OAuthClients } from './clients.ts';
import { type Consent, Grants } from './grants.ts';
import type { HonestToken } from './id-token.ts';
import { publicRoutes } from './public-routes.ts';
import { SigningKeys } from './signing-keys.ts';

export const SILENT_ERRORS = ['interaction_required', 'immediate_failed', 'access_denied'] as const;
export type SilentError = (typeof SILENT_ERRORS)[number];

export const ADMIN_POLICIES = ['allowed', 'blocked'] as const;
export type AdminPolicy = (typeof ADMIN_POLICIES)[number];

export const COOPS = ['report-only', 'same-origin'] as const;
export type Coop = (typeof COOPS)[number];

/** Where a refusal is shown: on a page of the address that was asked for, or by way of a redirect to another. */
export const REFUSALS = ['page', 'redirect'] as const;
export type Refusals = (typeof REFUSALS)[number];

const USUAL = {
  /** Either was seen in the field; a redirect names what is wrong in `authError`, in base64. */
  refusals: 'page' as Refusals,
  /** The ID token says `accounts.google.com`; the callback keeps the scheme. */
  issWithoutScheme: false,
  /** What the callback's `iss` says instead of the truth: a mix-up of two providers. */
  callbackIss: null as string | null,
  /** How `prompt=none` fails. */
  silentError: 'interaction_required' as SilentError,
  /** What the admin of the company decided about apps like this one. */
  adminPolicy: 'allowed' as AdminPolicy,
  /** same-origin: whoever opened the sign-in as a popup loses it. */
  coop: 'report-only' as Coop,
};

export type OpenIdSwitches = typeof USUAL;

export interface OpenIdState {
  clients: OAuthClient[];
  consumers: Consumer[];
  consents: Consent[];
  /** Private keys, newest first; empty while none was needed. */
  keys: JWK[];
  switches: OpenIdSwitches;
}

export interface OpenIdParts {
  workspace: Workspace;
  nowMs: () => number;
  origin: string;
  /** The client that exists from the start. */
  firstClient?: ClientDetails | undefined;
}

// Declaration merging gives the class one property per switch without writing each name twice more.
export interface OpenId extends OpenIdSwitches {}
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor assigns every one of them
export class OpenId {
  readonly clients = new OAuthClients();
  readonly consumers = new Consumers();
  readonly keys = new SigningKeys();
  readonly accounts: Accounts;
  readonly grants: Grants;
  readonly origin: string;
  readonly nowMs: () => number;
  /** Makes the id_token's text in place of the honest one, from everything that the honest one is made of. */
  forge: ((honest: HonestToken) => Promise<string>) | null = null;
  /** How often a code was brought to the token endpoint, in vain or not. */
  tokenCalls = 0;
  readonly #firstClient: ClientDetails | undefined;

  constructor({ workspace, nowMs, origin, firstClient }: OpenIdParts) {
    this.accounts = new Accounts(workspace, this.consumers);
    this.grants = new Grants(nowMs);
    this.origin = origin;
    this.nowMs = nowMs;
    this.#firstClient = firstClient;
    Object.assign(this, USUAL);
    if (firstClient) this.clients.register(firstClient);
  }

  routes(): Hono {
    const app = new Hono();
    app.route('/', publicRoutes(this));
    app.route('/', authorizationRoutes(this));
    return app;
  }

  snapshot(): OpenIdState {
    const names = Object.keys(USUAL) as (keyof OpenIdSwitches)[];
    return {
      clients: this.clients.snapshot(),
      consumers: this.consumers.snapshot(),
      consents: this.grants.snapshot(),
      keys: this.keys.snapshot(),
      switches: Object.fromEntries(names.map((name) => [name, this[name]])) as OpenIdSwitches,
    };
  }

  /** Without a state, as in a snapshot from before there was sign-in: what it is at first. */
  restore(state?: OpenIdState): void {
    this.clients.restore(state?.clients ?? []);
    if (!state && this.#firstClient) this.clients.register(this.#firstClient);
    this.consumers.restore(state?.consumers);
    this.grants.restore(state?.consents);
    this.keys.restore(state?.keys);
    Object.assign(this, USUAL, structuredClone(state?.switches));
    this.forge = null;
    this.tokenCalls = 0;
  }

  /** The first client as it was configured now; what the configuration leaves open is as it was kept. */
  renewFirstClient(): void {
    if (!this.#firstClient) return;
    const kept = this.clients.find(this.#firstClient.clientId);
    this.clients.register({ ...kept, ...this.#firstClient });
  }
}
