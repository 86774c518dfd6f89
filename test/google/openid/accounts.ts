// Who can sign in at this Google: the living people of the Workspace, and consumer accounts, which
// belong to nobody's company whatever their address looks like.
import { domainOf, normalAddress } from '../address-book.ts';
import type { GoogleUser } from '../person.ts';
import type { Workspace } from '../workspace.ts';

export interface Account {
  /** What the ID token calls `sub`; the Directory's user id for people of the Workspace. */
  id: string;
  email: string;
  name: string;
  givenName: string;
  familyName: string;
  picture: string | null;
  /** The domain of a Workspace person's primary address; null for a consumer account. */
  hd: string | null;
  condition: 'active' | 'suspended' | 'archived';
}

export interface Consumer {
  sub: string;
  email: string;
  name: string;
  givenName: string;
  familyName: string;
  picture?: string;
}

export type NewConsumer = Pick<Consumer, 'sub' | 'email' | 'name'> & Partial<Consumer>;

const SEED: readonly NewConsumer[] = [
  // An address at the company's own domain, made before there was a company: no `hd`, and no employee.
  { sub: '109876543210987654321', email: 'freelance@example.test', name: 'Francis Lane' },
  { sub: '112233445566778899001', email: 'rosa.quill@gmail.com', name: 'Rosa Quill' },
];

export class Consumers {
  #consumers: Consumer[] = [];

  constructor() {
    this.restore();
  }

  get all(): readonly Consumer[] {
    return this.#consumers;
  }

  /** One of the same `sub` is replaced. Names in parts are made from `name` when they are not given. */
  add(details: NewConsumer): Consumer {
    const [givenName = '', ...rest] = details.name.split(' ');
    const consumer = { givenName, familyName: rest.join(' '), ...details };
    this.remove(consumer.sub);
    this.#consumers.push(consumer);
    return consumer;
  }

  remove(sub: string): void {
    this.#consumers = this.#consumers.filter((one) => one.sub !== sub);
  }

  snapshot(): Consumer[] {
    return structuredClone(this.#consumers);
  }

  restore(consumers: readonly NewConsumer[] = SEED): void {
    this.#consumers = [];
    for (const one of consumers) this.add(structuredClone(one));
  }
}

export class Accounts {
  readonly #workspace: Workspace;
  readonly #consumers: Consumers;

  constructor(workspace: Workspace, consumers: Consumers) {
    this.#workspace = workspace;
    this.#consumers = consumers;
  }

  /** People of the Workspace in order of address, then consumers. */
  get all(): Account[] {
    return [...this.#workspace.users.map(ofPerson), ...this.#consumers.all.map(ofConsumer)];
  }

  /** By id, address or alias. Somebody deleted is no account any more. */
  find(key: string): Account | undefined {
    const person = this.#workspace.find(key);
    if (person) return ofPerson(person);
    const consumer = this.#consumers.all.find(
      ({ sub, email }) => sub === key || normalAddress(email) === normalAddress(key),
    );
    return consumer && ofConsumer(consumer);
  }
}

function ofPerson(user: GoogleUser): Account {
  const { givenName, familyName, fullName } = user.name;
  return {
    id: user.id,
    email: user.primaryEmail,
    name: fullName,
    givenName,
    familyName,
    picture: user.thumbnailPhotoUrl ?? null,
    hd: domainOf(user.primaryEmail),
    condition: user.suspended ? 'suspended' : user.archived ? 'archived' : 'active',
  };
}

function ofConsumer({ sub, picture, ...rest }: Consumer): Account {
  return { id: sub, ...rest, picture: picture ?? null, hd: null, condition: 'active' };
}
