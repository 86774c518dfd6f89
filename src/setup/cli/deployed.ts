// What Cloudflare has of this deployment already. Only looks. Whatever is neither there nor plainly absent ends the
// deploy: a guess here could migrate a stranger's database, or replace a secret that nobody can read back.
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { SECRETS } from '../../config-fields.ts';
import { VARS } from './deploy-settings.ts';
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
      z.object({
        type: z.string(),
        name: z.string(),
        /** Of a var. */
        text: z.string().optional(),
        /** Of a database. */
        id: z.string().optional(),
      }),
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

type Binding = z.infer<typeof version>['resources']['bindings'][number];

/** What the deployed version is bound to; nothing where a Worker has only been given secrets so far. */
async function deployedBindings(wrangler: Wrangler): Promise<Binding[]> {
  const status = await wrangler('deployments', 'status', '--json');
  if (status.code !== 0 && /has no deployments/.test(oneLine(status.words))) return [];
  const latest = jsonOf(status, 'deployments status', deployment);
  const id = latest.versions[0]?.version_id ?? '';
  const view = await wrangler('versions', 'view', id, '--json');
  return jsonOf(view, 'versions view', version).resources.bindings;
}

/**
 * A deploy replaces whatever Worker has our name, and binds it to whatever database has the configured one.
 * @throws Stop where that would take a stranger's Worker, or take a Worker of ours away from its people
 */
function refuseStrangers(
  bindings: readonly Binding[],
  database: string | undefined,
  isConnected: boolean,
): void {
  const bound = bindings.find(({ type, name }) => type === 'd1' && name === 'DB');
  if (bound === undefined) {
    // A fresh one has at most what was set in the dashboard, or by the Deploy button.
    const strange = bindings.find(({ name }) => !SECRETS.includes(name) && !VARS.includes(name));
    if (strange === undefined || isConnected) return;
    throw new Stop(
      `There is a Worker of this name already, and it is not Rollcall: it has ${strange.name}, and no database DB. Nothing was changed. Choose another name in wrangler.toml.`,
    );
  }
  if (bound.id !== undefined && bound.id !== database)
    throw new Stop(
      `The Worker keeps its people in the database ${bound.id}, and wrangler.toml names ${database === undefined ? 'one that does not exist' : `another, ${database}`}. Nothing was changed. Write database_id = "${bound.id}" into wrangler.toml; or, if that database is gone, take the binding DB off the Worker in the dashboard.`,
    );
}

/**
 * Asks wrangler, in four short calls, one after the other: two at once would both renew one login.
 * @param isConnected in a build that Cloudflare itself has connected to this Worker, whatever that holds so far; wrangler
 *   compares their tags
 * @throws Stop with wrangler's own words where an answer is not clear
 */
export async function lookAtDeployed(wrangler: Wrangler, isConnected: boolean): Promise<Deployed> {
  const { name, id } = configuredDatabase(readFileSync('wrangler.toml', 'utf8'));
  const listed = await wrangler('d1', 'list', '--json');
  if (listed.code !== 0)
    throw new Stop(
      `Cloudflare can't be asked. wrangler says:\n\n${listed.words}\n\nNot logged in? npx wrangler login. Several accounts? Set CLOUDFLARE_ACCOUNT_ID.`,
    );
  const list = jsonOf(listed, 'd1 list', databases);
  const database = list.find((one) => (id === undefined ? one.name === name : one.uuid === id));
  if (id !== undefined && database === undefined)
    throw new Stop(`wrangler.toml names the database ${id}, which this account does not have.`);
  const common = { databaseName: name, hasDatabase: database !== undefined };
  const named = await wrangler('secret', 'list', '--format', 'json');
  // The words for API code 10007 (src/secret/index.ts of wrangler 4.155). Other words = not clear = stop.
  if (named.code !== 0 && /Worker "[^"]*" not found\./.test(oneLine(named.words)))
    return { ...common, hasWorker: false, secrets: new Set(), vars: {} };
  const secrets = jsonOf(named, 'secret list', secretNames).map((one) => one.name);
  const bindings = await deployedBindings(wrangler);
  refuseStrangers(bindings, database?.uuid, isConnected);
  const vars = bindings.flatMap(({ type, name, text }) =>
    type === 'plain_text' && text !== undefined ? [[name, text]] : [],
  );
  return { ...common, hasWorker: true, secrets: new Set(secrets), vars: Object.fromEntries(vars) };
}
