// How one field of Google's forms looks: what it is called there, what to enter, how long it may be, why.
import { CopyValue } from '../../page/copy-value.tsx';
import type { Field, Group } from './fields.ts';

function Value({ id, field }: { id: string; field: Field }) {
  if (field.value === null || field.value === '') return <span class="tag wait">To do</span>;
  if (field.how === 'choose')
    return (
      <span>
        <span class="tag">Choose</span> <strong>{field.value}</strong>
      </span>
    );
  return <CopyValue id={id} value={field.value} of={field.label} />;
}

/** Characters as Google counts them is not documented; by UTF-16 units no count of ours is too small. */
const lengthOf = (value: string) => value.length.toLocaleString('en');

/** The fields of one group, in order. `prefix` makes the ids of their copy buttons. */
function FieldList({ prefix, fields }: { prefix: string; fields: readonly Field[] }) {
  return (
    <dl class="values">
      {fields.map((field, i) => (
        <div>
          <dt>
            {field.label}
            {field.limit !== undefined && field.value !== null && (
              <>
                {' '}
                <span class={`tag ${field.value.length <= field.limit ? 'good' : 'bad'}`}>
                  {lengthOf(field.value)} of {field.limit.toLocaleString('en')} characters
                </span>
              </>
            )}
          </dt>
          <dd>
            <Value id={`${prefix}-${i}`} field={field} />
            {field.says && <p class="small quiet">{field.says}</p>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function FieldGroup({ prefix, group }: { prefix: string; group: Group }) {
  return (
    <section class="card">
      <h3>{group.title}</h3>
      <FieldList prefix={prefix} fields={group.fields} />
    </section>
  );
}
