// The OAuth clients ("Web application" credentials) that may sign people in, and what an admin decided
// about each. A found client is the live object: a test breaks one by changing its fields.

export const USER_TYPES = ['internal', 'external'] as const;
export type UserType = (typeof USER_TYPES)[number];

export const CLIENT_STATUSES = ['enabled', 'disabled', 'deleted'] as const;
export type ClientStatus = (typeof CLIENT_STATUSES)[number];

export interface OAuthClient {
  clientId: string;
  clientSecret: string;
  /** Compared character by character. */
  redirectUris: string[];
  /** What the consent page calls the app. */
  name: string;
  /** internal: only accounts of the company may sign in. */
  userType: UserType;
  /** An admin installed the app for the whole domain, so its people are never asked for consent. */
  installed: boolean;
  status: ClientStatus;
}

export type ClientDetails = Pick<OAuthClient, 'clientId' | 'clientSecret' | 'redirectUris'> &
  Partial<OAuthClient>;

const DEFAULTS = {
  name: 'Rollcall',
  userType: 'external',
  installed: true,
  status: 'enabled',
} as const;

export class OAuthClients {
  readonly #clients = new Map<string, OAuthClient>();

  get all(): readonly OAuthClient[] {
    return [...this.#clients.values()];
  }

  find(clientId: string): OAuthClient | undefined {
    return this.#clients.get(clientId);
  }

  /** A client of the same id is replaced. */
  register(details: ClientDetails): OAuthClient {
    const client = { ...DEFAULTS, ...structuredClone(details) };
    this.#clients.set(client.clientId, client);
    return client;
  }

  snapshot(): OAuthClient[] {
    return structuredClone([...this.#clients.values()]);
  }

  restore(clients: readonly OAuthClient[]): void {
    this.#clients.clear();
    for (const client of clients) this.register(client);
  }
}
