// A table that can be wider than the screen: it scrolls inside its frame, by keyboard too, and is named for screen readers.
import type { Child } from 'hono/jsx';

/** @param numbers which columns, by their heading, are figures */
export function Listing({
  label,
  columns,
  numbers = [],
  children,
}: {
  label: string;
  columns: readonly string[];
  numbers?: readonly string[];
  children?: Child;
}) {
  return (
    <section class="wide" tabindex={0} aria-label={label}>
      <table>
        <caption class="unseen">{label}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col" class={numbers.includes(column) ? 'number' : undefined}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
