// A Google Workspace that runs on a laptop and in every test: token endpoint, Directory API,
// notification channels with their pushes, OpenID Connect sign-in, all over HTTP, with the ways in which the real one fails.
// This file only puts the parts together. Runs in Node and in workerd.
import { Hono } from 'hono';
import { type AccessToken, AccessTokens } from './access-tokens.ts';
import { channelRoutes } from './channel-routes.ts';
import { Channels, type ChannelsState } from './channels.ts';
import type { CallKind, FaultValues } from './fault-switches.ts';
import { Faults } from './faults.ts';
import { errorResponse, GoogleApiFailure, htmlErrorResponse } from './google-error.ts';
import { readGroups } from './groups-read.ts';
import { injectedFailure, isTokenCall, kindOfCall } from './injected-failure.ts';
import { tokenForm } from './oauth-call.ts';
import type { ClientDetails } from './openid/clients.ts';
import { OpenId, type OpenIdState } from './openid/openid.ts';
import type { Message } from './push-message.ts';
import { type Delivery, Pushes } from './pushes.ts';
import { seedCompany } from './seed.ts';
import { ServiceAccounts, type ServiceAccountsState } from './service-accounts.ts';
import { tokenEndpoint } from './token-endpoint.ts';
import { readUsers } from './users-read.ts';
import { writeUsers } from './users-write.ts';
import { Workspace, type WorkspaceState } from './workspace.ts';

const CALLS_KEPT = 100_000;
/** How long a receiver may take to answer a push; Google names no figure. */
const ANSWER_WITHIN_MS = 30_000;

export interface GoogleOptions {
  /** Default Date.now; tests inject a clock of their own. */
  nowMs?: () => number;
  /** 0..1, default Math.random. */
  random?: () => number;
  /** How a push leaves; default globalThis.fetch. */
  deliver?: (request: Request) => Promise<Response>;
  /** automatic: timers deliver; manual (default): only `flush` does. */
  pushes?: 'automatic' | 'manual';
  /** Default true: the company example.test; false: only the admin. */
  seed?: boolean;
  /** The origin at which this Google is reached. */
  origin?: string;
  /** The text of a key file to register instead of making a new key, which takes a moment. */
  serviceAccountKey?: string;
  /** The client of sign-in that exists from the start; takes the place of one in the snapshot. */
  oauthClient?: ClientDetails;
  /** Where the app is that a page of this Google embeds. */
  appOrigin?: string;
  /** What `snapshot` gave; replaces the seed. */
  snapshot?: unknown;
}

export interface GoogleCall {
  method: string;
  path: string;
  /** 0 when the connection was dropped or the caller gave up. */
  status: number;
  kind: Exclude<CallKind, 'any'> | 'other';
}

export interface Google {
  workspace: Workspace;
  faults: Faults;
  /** The Cloud side: delegation, keys, the API switch. */
  accounts: ServiceAccounts;
  tokens: AccessTokens;
  channels: Channels;
  pushes: Pushes;
  /** Sign-in: clients, accounts, keys, and the switches for what can go wrong there. */
  openid: OpenId;
  readonly appOrigin: string | null;
  app: Hono;
  /** Answers requests to any of Google's hosts; rejects when a connection is to be dropped. */
  fetch(request: Request): Promise<Response>;
  /** Delivers every message due by now, due retries included, in order. */
  flush(): Promise<void>;
  readonly serviceAccountKey: string;
  calls: GoogleCall[];
  deliveries: Delivery[];
  snapshot(): unknown;
  restore(snapshot: unknown): void;
}

interface GoogleState {
  version: 1;
  workspace: WorkspaceState;
  accounts: ServiceAccountsState;
  tokens: AccessToken[];
  channels: ChannelsState;
  messages: Message[];
  faults: FaultValues;
  /** Absent in a snapshot from before there was sign-in. */
  openid?: OpenIdState;
}

export async function createGoogle(options: GoogleOptions = {}): Promise<Google> {
  const {
    nowMs = Date.now,
    random = Math.random,
    deliver = (request) =>
      globalThis.fetch(request, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }),
    pushes: mode = 'manual',
    origin = 'http://localhost:8788',
  } = options;
  const workspace = new Workspace(nowMs, random);
  const faults = new Faults();
  const accounts = new ServiceAccounts(origin);
  const tokens = new AccessTokens(nowMs);
  const channels = new Channels(nowMs);
  const pushes = new Pushes({ channels, faults, nowMs, random, deliver, mode });
  const firstClient = options.oauthClient;
  const openid = new OpenId({ workspace, nowMs, origin, firstClient });
  const calls: GoogleCall[] = [];
  const parts = { workspace, faults, accounts, tokens, channels, pushes, openid, nowMs, origin };

  workspace.liveChannels = () => channels.live;
  workspace.aliasChangesAreSilent = () => faults.silentAliasChanges;
  workspace.onEvent((event, before, after) => pushes.announce(event, before, after));
  makeNoise(workspace, faults, random);

  const app = new Hono();
  app.use(async (c, next) => {
    const { method, path } = c.req;
    const grantType = isTokenCall(method, path) ? (await tokenForm(c)).get('grant_type') : null;
    const kind = kindOfCall(method, path, grantType);
    let status = 0;
    try {
      const failing = await injectedFailure(c.req.raw, kind, faults, random);
      if (failing) c.res = failing;
      else await next();
      status = c.res.status;
      c.header('date', new Date(nowMs() + faults.clockAheadMs).toUTCString());
    } finally {
      calls.push({ method, path, kind, status });
      if (calls.length > CALLS_KEPT) calls.shift();
    }
  });
  app.route('/', tokenEndpoint(parts));
  app.route('/', openid.routes());
  app.route('/', channelRoutes(parts));
  app.route('/', readUsers(parts));
  app.route('/', writeUsers(parts));
  app.route('/', readGroups(parts));
  app.notFound((c) => htmlErrorResponse(404, c.req.path));
  app.onError((error) => {
    if (error instanceof GoogleApiFailure) return errorResponse(error.failure);
    throw error;
  });

  const google: Google = {
    workspace,
    faults,
    accounts,
    tokens,
    channels,
    pushes,
    openid,
    appOrigin: options.appOrigin ?? null,
    app,
    calls,
    deliveries: pushes.deliveries,
    fetch: async (request) => app.fetch(request),
    flush: () => pushes.flush(),
    get serviceAccountKey() {
      return accounts.key;
    },
    snapshot: (): GoogleState => ({
      version: 1,
      workspace: workspace.snapshot(),
      accounts: accounts.snapshot(),
      tokens: tokens.snapshot(),
      channels: channels.snapshot(),
      messages: pushes.snapshot(),
      faults: faults.snapshot(),
      openid: openid.snapshot(),
    }),
    restore: (snapshot) => {
      const state = snapshot as GoogleState;
      if (state?.version !== 1) throw new TypeError('not a snapshot of this Google');
      workspace.restore(state.workspace);
      accounts.restore(state.accounts);
      tokens.restore(state.tokens);
      channels.restore(state.channels);
      pushes.restore(state.messages);
      faults.restore(state.faults);
      openid.restore(state.openid);
    },
  };
  if (options.snapshot !== undefined) {
    google.restore(options.snapshot);
    openid.renewFirstClient();
    return google;
  }
  await accounts.registerFirst(options.serviceAccountKey);
  seedCompany(workspace, { isWhole: options.seed ?? true, nowMs: nowMs() });
  return google;
}

/** With `updateNoise`, a change now and then brings the update push of somebody who signed in. */
function makeNoise(workspace: Workspace, faults: Faults, random: () => number): void {
  let isNoise = false;
  workspace.onEvent(() => {
    if (isNoise || faults.updateNoise <= 0 || random() >= faults.updateNoise) return;
    const everybody = workspace.store.living();
    const somebody = everybody[Math.floor(random() * everybody.length)];
    if (!somebody) return;
    isNoise = true;
    workspace.signIn(somebody.user.id);
    isNoise = false;
  });
}
