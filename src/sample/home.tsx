// The page at `/`: what this is, and whether it is in step. A pure function of its view model; strangers
// learn no head count, no addresses and no channels.
import type { SyncHealth } from '../sync/health.ts';

const REASONS: Readonly<Record<string, string>> = {
  importing: 'People are being brought in for the first time.',
  'passes-overdue': 'The last pass through the directory of Google Workspace is overdue.',
  paused: 'Announcements from Google Workspace are paused.',
  'no-channel': 'Google Workspace has not confirmed yet that it can announce changes here.',
  credential: 'Google Workspace does not let Rollcall read at the moment. What is known is kept.',
};

function State({ health }: { health: SyncHealth }) {
  if (!health.inStep) {
    const reason =
      REASONS[health.reason.split(':')[0] ?? ''] ?? 'People are not in step at the moment.';
    return (
      <div class="state" role="status">
        {reason}
      </div>
    );
  }
  const since = new Date(health.sinceMs);
  const text = since.toLocaleString('en-GB', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return (
    <div class="state good" role="status">
      <span>
        <strong>In step</strong> since <time datetime={since.toISOString()}>{text} UTC</time>
      </span>
    </div>
  );
}

export function Home({ health }: { health: SyncHealth }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Rollcall</title>
        <link rel="stylesheet" href="/style.css" />
        <link rel="icon" href="data:," />
      </head>
      <body>
        <main>
          <p class="mark">
            <span aria-hidden="true">✓</span>Rollcall
          </p>
          <h1>Your people, in step with Google Workspace</h1>
          <p>
            Every change an admin makes there arrives here within seconds: newcomers, new names and
            roles, and whoever leaves.
          </p>
          <State health={health} />
        </main>
      </body>
    </html>
  );
}
