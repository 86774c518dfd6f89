// What Cloudflare has of this deployment already. Only looks. Whatever is neither there nor plainly absent ends the
// deploy: a guess here could migrate a stranger's database, or replace a secret that nobody can read back.
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { jsonOf, Stop, type Wrangler } from './wrangler.ts';

export interface Deployed {
  /** The name under which D1 knows our database. */
  databaseName: string;
  hasDatabase: boolean;
  hasWorker: boolean;
  /** Names; a secret can't be read back. */
  secrets: ReadonlySet<string>;
  vars: Readonly<Record<string, string>>;
}

const databases = z.array(z.object({ uuid: z.string(), name: z.string() }));
const secretNames = z.array(z.object({ name: z.string() }));
const deployment = z.object({ versions: z.array(z.object({ version_id: z.string() })).min(1) });
const version = z.object({
  resources: z.object({
    bindings: z.array(
      z.object({ type: z.string(), name: z.string(), text: z.string().optional() }),
    ),
  }),
});

/** wrangler wraps its messages at the terminal's width. */
const oneLine = (text: string) => text.replace(/\s+/g, ' ');

/**
 * Name and, where the Deploy button has written one, id of the database bound as `DB` in wrangler.toml.
 * @throws Stop
 */
export function configuredDatabase(toml: string): { name: string; id: string | undefined } {
  const blocks = toml.split(/^\s*(?=\[)/m).filter((one) => one.startsWith('[[d1_databases]]'));
  const block = blocks.find((one) => /^\s*binding\s*=\s*["']DB["']/m.test(one));
  const value = (key: string) =>
    new RegExp(`^\\s*${key}\\s*=\\s*["']([^"']+)["']`, 'm').exec(block ?? '')?.[1];
  const name = value('database_name');
  if (name === undefined)
    throw new Stop(
      'wrangler.toml has no [[d1_databases]] with binding = "DB" and a database_name.',
    );
  return { name, id: value('database_id') };
}

async function vars(wrangler: Wrangler): Promise<Record<string, string>> {
  const status = await wrangler('deployments', 'status', '--json');
  // A Worker that has only been given secrets so far.
  if (status.code !== 0 && /has no deployments/.test(oneLine(status.words))) return {};
  const latest = deployment.parse(jsonOf(status, 'deployments status'));
  const id = latest.versions[0]?.version_id ?? '';
  const view = version.parse(
    jsonOf(await wrangler('versions', 'view', id, '--json'), 'versions view'),
  );
  return Object.fromEntries(
    view.resources.bindings.flatMap(({ type, name, text }) =>
      type === 'plain_text' && text !== undefined ? [[name, text]] : [],
    ),
  );
}

/**
 * Asks wrangler, in four short calls, one after the other: two at once would both renew one login.
 * @throws Stop with wrangler's own words where an answer is not clear
 */
export async function lookAtDeployed(wrangler: Wrangler): Promise<Deployed> {
  const { name, id } = configuredDatabase(readFileSync('wrangler.toml', 'utf8'));
  const listed = await wrangler('d1', 'list', '--json');
  if (listed.code !== 0)
    throw new Stop(
      `Cloudflare can't be asked. wrangler says:\n\n${listed.words}\n\nNot logged in? npx wrangler login. Several accounts? Set CLOUDFLARE_ACCOUNT_ID.`,
    );
  const list = databases.parse(jsonOf(listed, 'd1 list'));
  const hasDatabase = list.some((one) => (id === undefined ? one.name === name : one.uuid === id));
  if (id !== undefined && !hasDatabase)
    throw new Stop(`wrangler.toml names the database ${id}, which this account does not have.`);
  const named = await wrangler('secret', 'list', '--format', 'json');
  // The words for API code 10007 (src/secret/index.ts of wrangler 4.155). Other words = not clear = stop.
  if (named.code !== 0 && /Worker "[^"]*" not found\./.test(oneLine(named.words)))
    return { databaseName: name, hasDatabase, hasWorker: false, secrets: new Set(), vars: {} };
  const secrets = secretNames.parse(jsonOf(named, 'secret list')).map((one) => one.name);
  return {
    databaseName: name,
    hasDatabase,
    hasWorker: true,
    secrets: new Set(secrets),
    vars: await vars(wrangler),
  };
}
