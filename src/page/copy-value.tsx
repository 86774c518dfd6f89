// A value to paste somewhere else, with a button that copies it where scripts run. `id` is unique on its page.

/** One value; selecting a part of it selects all. */
export function CopyValue({ id, value, of }: { id: string; value: string; of: string }) {
  return (
    <>
      <code class="value" id={id}>
        {value}
      </code>
      <button class="tiny" type="button" data-copy={id} hidden>
        Copy<span class="unseen"> {of}</span>
      </button>
    </>
  );
}

/** Labelled values, one below the other. */
export function CopyValues({
  prefix,
  values,
}: {
  prefix: string;
  values: readonly { label: string; value: string }[];
}) {
  return (
    <dl class="values">
      {values.map(({ label, value }, i) => (
        <div>
          <dt>{label}</dt>
          <dd>
            <CopyValue id={`${prefix}-${i}`} value={value} of={label} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
