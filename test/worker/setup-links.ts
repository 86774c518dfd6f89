// Set-up links as the terminal makes them, and browsers that come with one.
import { makeSetupLink, SETUP_LINK_TTL_MS } from '../../src/setup/link.ts';
import { type OperatorWorld, post } from './operators.ts';
import { APP, Visitor } from './visitor.ts';

export const LINK_TTL_MS = SETUP_LINK_TTL_MS;

/** A link's token, as this deployment makes it unless told otherwise. */
export async function newToken(
  world: OperatorWorld,
  { appSecret = world.config.appSecret, origin = APP, madeMs = world.clock.nowMs } = {},
): Promise<string> {
  const link = await makeSetupLink({ appSecret, origin }, madeMs);
  return link.searchParams.get('link') ?? '';
}

export const pathOf = (token: string) => `/setup/open?${new URLSearchParams({ link: token })}`;

/** What the button behind the link does. */
export const press = (world: OperatorWorld, token: string, visitor = new Visitor(world)) =>
  post(visitor, '/setup/open', { link: token });

/** A browser in which a link was just used. */
export async function visitBy(world: OperatorWorld, token?: string): Promise<Visitor> {
  const visitor = new Visitor(world);
  const { status } = await press(world, token ?? (await newToken(world)), visitor);
  if (status !== 303) throw new Error(`the link opened nothing: ${status}`);
  return visitor;
}

export const statusOf = async (visitor: Visitor, path = '/setup') =>
  (await visitor.ask(path)).status;
