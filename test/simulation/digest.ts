// What all tables say, in a few characters, so that two runs of one history can be compared wherever they ran.

/** Hashes of secrets: random where the seed does not reach. */
const SECRETS: ReadonlySet<string> = new Set(['token_hash', 'code_hash', 'challenge']);

function hexOf(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** SHA-256 over every row of every table of ours. */
export async function digestOf(d1: D1Database): Promise<string> {
  const { results: tables } = await d1
    .prepare(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
         AND name NOT LIKE '_cf_%' AND name <> 'd1_migrations' ORDER BY name`,
    )
    .all<{ name: string }>();
  const texts: string[] = [];
  for (const { name } of tables) {
    const { results } = await d1.prepare(`SELECT * FROM ${name}`).all();
    const rows = results.map((row) =>
      JSON.stringify(Object.entries(row).filter(([column]) => !SECRETS.has(column))),
    );
    texts.push(name, ...rows.toSorted());
  }
  const bytes = new TextEncoder().encode(texts.join('\n'));
  return hexOf(await crypto.subtle.digest('SHA-256', bytes));
}
