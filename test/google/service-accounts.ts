// The Cloud side of delegation: service accounts, their keys, which scopes an admin delegated to
// them, whether the Admin SDK is on. Everything that can be broken in the two consoles is a method.
import {
  exportJWK,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  importJWK,
  importPKCS8,
  type JWK,
} from 'jose';

export const USER_SCOPE = 'https://www.googleapis.com/auth/admin.directory.user';
export const USER_READONLY_SCOPE = `${USER_SCOPE}.readonly`;
export const GROUP_SCOPE = 'https://www.googleapis.com/auth/admin.directory.group';
export const GROUP_MEMBER_READONLY_SCOPE = `${GROUP_SCOPE}.member.readonly`;

export interface ServiceAccount {
  clientEmail: string;
  /** Numeric; delegation is granted to this. */
  clientId: string;
  projectId: string;
  projectNumber: string;
  /** Public halves that still verify, newest first. */
  keys: { id: string; jwk: JWK }[];
  delegatedScopes: string[];
  condition: 'enabled' | 'disabled' | 'deleted' | 'blocked';
  /** The Admin SDK API of the account's project. */
  apiEnabled: boolean;
}

export interface ServiceAccountsState {
  accounts: ServiceAccount[];
  key: string;
  domainAllowsApis: boolean;
}

export class ServiceAccounts {
  /** The admin of the domain may switch API access off as a whole. */
  domainAllowsApis = true;
  #accounts: ServiceAccount[] = [];
  #key = '';
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** The account that exists from the start, with the two scopes delegated that the worker may ask for. */
  async registerFirst(suppliedKey?: string): Promise<void> {
    const account: ServiceAccount = {
      clientEmail: 'rollcall@rollcall-test.iam.gserviceaccount.com',
      clientId: '108204816326412800001',
      projectId: 'rollcall-test',
      projectNumber: '720481632641',
      keys: [],
      delegatedScopes: [USER_READONLY_SCOPE, GROUP_MEMBER_READONLY_SCOPE],
      condition: 'enabled',
      apiEnabled: true,
    };
    this.#accounts.push(account);
    if (suppliedKey === undefined) await this.rotateKey();
    else await this.#adopt(account, suppliedKey);
  }

  get first(): ServiceAccount {
    const account = this.#accounts[0];
    if (!account) throw new TypeError('no service account is registered');
    return account;
  }

  /** The text of the newest key file of the first account, as the Cloud console downloads it. */
  get key(): string {
    return this.#key;
  }

  find(clientEmail: unknown): ServiceAccount | undefined {
    return this.#accounts.find((account) => account.clientEmail === clientEmail);
  }

  /** Whether the text names an account, but not in the way that `iss` must. */
  isClientId(text: unknown): boolean {
    return this.#accounts.some((account) => account.clientId === text);
  }

  // ── what can be broken, and mended ─────────────────────────────────────────────────────────

  delegate(scopes: string[]): void {
    this.first.delegatedScopes = [...scopes];
  }

  removeDelegation(): void {
    this.first.delegatedScopes = [];
  }

  disable(): void {
    this.first.condition = 'disabled';
  }

  enable(): void {
    this.first.condition = 'enabled';
  }

  remove(): void {
    this.first.condition = 'deleted';
  }

  /** An admin blocks the app under API controls. */
  block(): void {
    this.first.condition = 'blocked';
  }

  disableApi(): void {
    this.first.apiEnabled = false;
  }

  enableApi(): void {
    this.first.apiEnabled = true;
  }

  /** Every key stops to verify; `serviceAccountKey` keeps the text of the dead one. */
  deleteKeys(): void {
    this.first.keys = [];
  }

  /** A new key becomes the newest; the older ones stay valid unless `keepOld` is false. */
  async rotateKey(options: { keepOld?: boolean } = {}): Promise<string> {
    const pair = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
    const account = this.first;
    const id = [...crypto.getRandomValues(new Uint8Array(20))]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    const jwk = await exportJWK(pair.publicKey);
    account.keys = [{ id, jwk }, ...(options.keepOld === false ? [] : account.keys)];
    this.#key = this.#keyFile(account, id, await exportPKCS8(pair.privateKey));
    return this.#key;
  }

  /** A private key (PEM) that belongs to nobody here: for assertions with a bad signature. */
  static async strangerKey(): Promise<{ privateKeyPem: string; publicKeyPem: string }> {
    const pair = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
    return {
      privateKeyPem: await exportPKCS8(pair.privateKey),
      publicKeyPem: await exportSPKI(pair.publicKey),
    };
  }

  /** The keys with which an assertion of this account may be signed; `kid` narrows them if given. */
  async verifiers(account: ServiceAccount, kid: unknown) {
    const keys = account.keys.filter((key) => kid === undefined || key.id === kid);
    return Promise.all(keys.map((key) => importJWK(key.jwk, 'RS256')));
  }

  snapshot(): ServiceAccountsState {
    return structuredClone({
      accounts: this.#accounts,
      key: this.#key,
      domainAllowsApis: this.domainAllowsApis,
    });
  }

  restore(snapshot: ServiceAccountsState): void {
    const state = structuredClone(snapshot);
    this.#accounts = state.accounts;
    this.domainAllowsApis = state.domainAllowsApis;
    const file: Record<string, unknown> = JSON.parse(state.key);
    this.#key = JSON.stringify({ ...file, token_uri: `${this.#origin}/token` }, null, 2);
  }

  async #adopt(account: ServiceAccount, text: string): Promise<void> {
    const file: Record<string, unknown> = JSON.parse(text);
    const pem = String(file['private_key']);
    const key = await importPKCS8(pem, 'RS256', { extractable: true });
    const { kty, n, e } = await exportJWK(key);
    const id = String(file['private_key_id']);
    account.keys = [{ id, jwk: { kty, n, e } as JWK }];
    this.#key = this.#keyFile(account, id, pem);
  }

  #keyFile(account: ServiceAccount, keyId: string, privateKeyPem: string): string {
    const certificates = 'https://www.googleapis.com';
    return JSON.stringify(
      {
        type: 'service_account',
        project_id: account.projectId,
        private_key_id: keyId,
        private_key: privateKeyPem.endsWith('\n') ? privateKeyPem : `${privateKeyPem}\n`,
        client_email: account.clientEmail,
        client_id: account.clientId,
        auth_uri: 'https://accounts.google.com/o/oauth2/auth',
        token_uri: `${this.#origin}/token`,
        auth_provider_x509_cert_url: `${certificates}/oauth2/v1/certs`,
        client_x509_cert_url: `${certificates}/robot/v1/metadata/x509/${encodeURIComponent(account.clientEmail)}`,
        universe_domain: 'googleapis.com',
      },
      null,
      2,
    );
  }
}
