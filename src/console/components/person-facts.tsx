// What Google says about somebody, as far as it is kept: the usual fields, and the company's own.
import type { Child } from 'hono/jsx';
import type { PersonRecord } from '../../db/people.ts';
import type { WireObject } from '../../google/user.ts';
import { Moment } from '../../page/moment.tsx';
import { attributeLabel, valueText } from '../event-diff.ts';
import { CAUSE_WORDS } from '../event-words.ts';
import { PEOPLE_PATH } from '../paths.ts';
import { addressOf } from '../people-search.ts';

function Fact({ label, children }: { label: Child; children: Child }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const textOf = (value: unknown) =>
  typeof value === 'boolean' ? (value ? 'ticked' : 'not ticked') : valueText(value);

function Value({ value }: { value: unknown }) {
  if (!Array.isArray(value)) return <bdi>{textOf(value)}</bdi>;
  return (
    <ul class="plain">
      {value.map((one: unknown) => (
        <li>
          <bdi>{textOf(one)}</bdi>
        </li>
      ))}
    </ul>
  );
}

const ofTheirs = (q: string) =>
  addressOf(PEOPLE_PATH, { q, role: '', orgUnit: '', status: '' }, null);

function Attributes({ attributes }: { attributes: WireObject }) {
  const shown = Object.entries(attributes).filter(
    // The first of them is there among all.
    ([name]) => !(name === 'phone' && Array.isArray(attributes['phones'])),
  );
  return (
    <>
      {shown.map(([name, value]) => (
        <Fact label={<bdi>{attributeLabel(name)}</bdi>}>
          {name === 'manager' && typeof value === 'string' ? (
            <a href={ofTheirs(value)}>
              <bdi>{value}</bdi>
            </a>
          ) : (
            <Value value={value} />
          )}
        </Fact>
      ))}
    </>
  );
}

const ADMIN = ['No', 'Yes'] as const;

/** The usual fields. */
export function PersonFacts({ person }: { person: PersonRecord }) {
  const { id, givenName, familyName, orgUnitPath, isAdmin, isDelegatedAdmin } = person;
  const inUnit = addressOf(
    PEOPLE_PATH,
    { q: '', role: '', orgUnit: orgUnitPath, status: '' },
    null,
  );
  return (
    <dl class="facts">
      <Fact label="Google’s id">
        <code>{id}</code>
      </Fact>
      <Fact label="Given name">
        <bdi>{givenName}</bdi>
      </Fact>
      <Fact label="Family name">
        <bdi>{familyName}</bdi>
      </Fact>
      <Fact label="Organisation unit">
        <a href={inUnit}>
          <bdi>{orgUnitPath}</bdi>
        </a>
      </Fact>
      <Attributes attributes={JSON.parse(person.attributes) as WireObject} />
      <Fact label="Super admin">{ADMIN[isAdmin]}</Fact>
      <Fact label="Delegated admin">{ADMIN[isDelegatedAdmin]}</Fact>
      <Fact label="Here since">
        <Moment ms={person.createdMs} />
      </Fact>
      <Fact label="Last change">
        <Moment ms={person.changedMs} />
      </Fact>
      <Fact label="Last change found by">
        {CAUSE_WORDS[person.cause]}, <Moment ms={person.noticedMs} />
      </Fact>
      {person.deletedMs !== null && (
        <Fact label="Removed">
          <Moment ms={person.deletedMs} />
        </Fact>
      )}
    </dl>
  );
}

const isObject = (value: unknown): value is WireObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The company's own fields, by schema. */
export function CustomFields({ json }: { json: string }) {
  const schemas = Object.entries(JSON.parse(json) as WireObject);
  if (schemas.length === 0) return <p class="nothing">Google has no custom fields of theirs.</p>;
  return (
    <>
      {schemas.map(([schema, fields]) => (
        <div>
          <h3>
            <bdi>{schema}</bdi>
          </h3>
          <dl class="facts">
            {Object.entries(isObject(fields) ? fields : { '': fields }).map(([field, value]) => (
              <Fact label={<bdi>{field}</bdi>}>
                <Value value={value} />
              </Fact>
            ))}
          </dl>
        </div>
      ))}
    </>
  );
}
