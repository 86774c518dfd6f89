// The page on which a rule is written: who gets which role. It leads to the preview, and saves nothing.
import type { Child } from 'hono/jsx';
import type { RuleHints } from '../../db/rule-hints.ts';
import type { RuleKind } from '../../roles/rule.ts';
import { PREVIEW_PATH, ROLES_PATH } from '../paths.ts';
import type { RuleFields } from '../rule-form.ts';

interface RuleFormProps {
  /** `null` = a new one. */
  id: number | null;
  fields: RuleFields;
  problems: readonly string[];
  hints: RuleHints;
  /** The hash of the rules as they stand. */
  seen: string;
}

function Text({
  name,
  label,
  fields,
  list,
  example,
}: {
  name: keyof RuleFields;
  label: string;
  fields: RuleFields;
  list?: string;
  example: string;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="text"
        name={name}
        value={fields[name]}
        list={list}
        placeholder={example}
        maxlength={320}
        autocomplete="off"
        spellcheck={false}
      />
    </label>
  );
}

function Kind({
  kind,
  label,
  fields,
  children,
}: {
  kind: RuleKind;
  label: string;
  fields: RuleFields;
  children?: Child;
}) {
  return (
    <div class="choice">
      <label class="check">
        <input type="radio" name="kind" value={kind} checked={fields.kind === kind} required />
        <span>{label}</span>
      </label>
      {children && <div class="fields">{children}</div>}
    </div>
  );
}

const List = ({ id, values }: { id: string; values: readonly string[] }) => (
  <datalist id={id}>
    {values.map((value) => (
      <option value={value} />
    ))}
  </datalist>
);

/** What stands in <main>. */
export function RuleFormPage({ id, fields, problems, hints, seen }: RuleFormProps) {
  const fieldNames = [...new Set(hints.fields.map((one) => one.slice(one.indexOf('.') + 1)))];
  return (
    <>
      <header class="page">
        <div>
          <h1>{id === null ? 'A new rule' : 'Change a rule'}</h1>
          <p class="lead">
            Say who gets a role. The next page shows what that would do; nothing is saved before it.
          </p>
        </div>
      </header>
      {problems.length > 0 && (
        <div class="said bad" role="alert">
          <p>This is not a rule yet:</p>
          <ul>
            {problems.map((problem) => (
              <li>{problem}</li>
            ))}
          </ul>
        </div>
      )}
      <form method="post" action={PREVIEW_PATH} class="card stack-form">
        {id !== null && <input type="hidden" name="id" value={id} />}
        <input type="hidden" name="seen" value={seen} />
        <fieldset>
          <legend>Who gets it</legend>
          <Kind kind="field" label="Whoever has a field of a custom schema ticked" fields={fields}>
            <Text
              name="field_schema"
              label="Custom schema"
              fields={fields}
              list="schemas"
              example="User_Level"
            />
            <Text
              name="field_field"
              label="Field"
              fields={fields}
              list="field-names"
              example="Team_Lead"
            />
          </Kind>
          <Kind
            kind="fields"
            label="Whoever has any fields of a custom schema ticked: a role for each"
            fields={fields}
          >
            <Text
              name="fields_schema"
              label="Custom schema"
              fields={fields}
              list="schemas"
              example="PM_Teams"
            />
          </Kind>
          <Kind
            kind="value"
            label="Whoever has a value in a field: a role for each value"
            fields={fields}
          >
            <Text
              name="value_schema"
              label="Custom schema"
              fields={fields}
              list="schemas"
              example="User_Level"
            />
            <Text
              name="value_field"
              label="Field"
              fields={fields}
              list="field-names"
              example="Grade"
            />
          </Kind>
          <Kind kind="org-unit" label="Whoever is in an org unit, or below it" fields={fields}>
            <Text
              name="org_unit"
              label="Org unit"
              fields={fields}
              list="org-units"
              example="/Engineering"
            />
          </Kind>
          <Kind
            kind="group"
            label="The members of a Google group, through other groups as well"
            fields={fields}
          >
            <Text
              name="group"
              label="The group’s address"
              fields={fields}
              example="engineering@example.com"
            />
          </Kind>
          <Kind kind="super-admin" label="Super admins of the Workspace" fields={fields} />
          <Kind kind="everyone" label="Everyone" fields={fields} />
        </fieldset>
        <label class="field">
          <span>Role</span>
          <input
            type="text"
            name="role"
            value={fields.role}
            placeholder="lead"
            maxlength={80}
            required
            autocomplete="off"
            spellcheck={false}
            aria-describedby="role-help"
          />
        </label>
        <p id="role-help" class="quiet small">
          1 to 64 letters, digits and <code>: _ . -</code> Where there is a role for each field,
          write <code>{'{field}'}</code> where its name goes, as in <code>{'team:{field}'}</code>.
          For each value write <code>{'{value}'}</code>. A name that does not fit gives no role, and
          the preview says so.
        </p>
        <p class="actions">
          <button class="main" type="submit">
            Show what it would do
          </button>
          <a href={ROLES_PATH}>Leave it</a>
        </p>
      </form>
      {id !== null && (
        <form method="post" action={PREVIEW_PATH} class="card">
          <input type="hidden" name="id" value={id} />
          <input type="hidden" name="seen" value={seen} />
          <input type="hidden" name="remove" value="yes" />
          <h2>Remove it</h2>
          <p>
            Its roles go with it, except where another rule gives them, or somebody did by hand.
          </p>
          <p class="actions">
            <button class="grave" type="submit">
              Show what removing it would do
            </button>
          </p>
        </form>
      )}
      <List id="schemas" values={hints.schemas} />
      <List id="field-names" values={fieldNames} />
      <List id="org-units" values={hints.orgUnits} />
    </>
  );
}
