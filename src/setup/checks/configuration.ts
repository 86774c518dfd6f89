// Whether the configuration can be used: every problem by name, with what to do about just that name. Never a value.
import type { ConfigProblem, ParsedConfig } from '../../config.ts';
import { SECRETS } from '../../config-fields.ts';
import { type Finding, failed, ok, type Paste } from '../finding.ts';
import { SET_KEY_COMMAND, setVar } from './places.ts';

/** What a name should hold, for whoever meets it for the first time. */
const MEANINGS: Readonly<Record<string, string>> = {
  PUBLIC_URL: 'the address at which browsers and Google reach the Worker',
  GOOGLE_SERVICE_ACCOUNT_KEY: 'the whole JSON key file of the service account',
  GOOGLE_ADMIN_EMAIL: 'the address of the admin that the service account acts as',
  APP_SECRET: 'a random secret of your own',
  GOOGLE_CUSTOMER: 'my_customer, or a customer id',
};

/** A deploy takes the key from its file, and keeps the secret that it makes: the set-up link needs it. */
const COMMANDS: Readonly<Record<string, string>> = {
  GOOGLE_SERVICE_ACCOUNT_KEY: SET_KEY_COMMAND,
  APP_SECRET: 'npm run deploy',
};

/** Bindings come with wrangler.toml; config.ts says so of those, and of nothing else. */
const isBinding = ({ problem }: ConfigProblem) => problem.startsWith('is not bound');

function remedy(problem: ConfigProblem): { steps: string[]; paste: Paste[] } {
  const { name } = problem;
  if (isBinding(problem)) {
    const step = `${name}: take wrangler.toml as it is in the repository, then deploy; deploy creates what it names.`;
    return { steps: [step], paste: [{ label: 'Deploy', value: 'npm run deploy' }] };
  }
  const meaning = Object.hasOwn(MEANINGS, name) ? ` to ${MEANINGS[name]}` : '';
  if (!SECRETS.includes(name)) {
    const step = `${name}: set it${meaning}. ${setVar(name)}`;
    return { steps: [step], paste: [{ label: 'Name of the variable', value: name }] };
  }
  const command = COMMANDS[name] ?? `npx wrangler secret put ${name}`;
  const step = `${name} is a secret: set it${meaning} with the command below, or in .deploy.vars and npm run deploy (locally in .dev.vars).`;
  return { steps: [step], paste: [{ label: name, value: command }] };
}

export function checkConfiguration(parsed: ParsedConfig): Finding {
  if (parsed.ok)
    return ok('configuration', 'Everything that has to be set is set, and fits together.');
  const { problems } = parsed;
  const names = [...new Map(problems.map((one) => [one.name, one])).values()];
  const remedies = names.map(remedy);
  return failed(
    'configuration',
    `${problems.map(({ name, problem }) => `${name} ${problem}`).join('. ')}.`,
    remedies.flatMap(({ steps }) => steps),
    uniquePaste(remedies.flatMap(({ paste }) => paste)),
  );
}

const uniquePaste = (paste: readonly Paste[]) => [
  ...new Map(paste.map((one) => [`${one.label}\n${one.value}`, one])).values(),
];
