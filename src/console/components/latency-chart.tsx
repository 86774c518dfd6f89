// How soon a change at Google is stored: the last day by the hour, drawn here, and as a table for whoever does not see it.
import { tookWords } from '../event-words.ts';
import { HOURS, type HourOfLatency, type LatencyDay } from '../latency.ts';
import { Listing } from './listing.tsx';

const WIDTH = 720;
const HEIGHT = 190;
const LEFT = 56;
const TOP = 12;
const BOTTOM = 162;
const COLUMN = (WIDTH - LEFT) / HOURS;

/** Powers of ten around what was measured: 200 ms and three minutes are both seen. */
function scaleOf(day: LatencyDay): { ticks: number[]; y: (ms: number) => number } {
  const taken = day.hours.flatMap((hour) => (hour.taken === null ? [] : [hour.taken]));
  const power = (ms: number) => Math.log10(Math.max(1, ms));
  const low = Math.floor(Math.min(...taken.map(({ p50 }) => power(p50))));
  const high = Math.max(low + 1, Math.ceil(Math.max(...taken.map(({ p99 }) => power(p99)))));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  const share = (ms: number) => (power(ms) - low) / (high - low);
  return { ticks, y: (ms) => BOTTOM - share(ms) * (BOTTOM - TOP) };
}

const hourWords = (ms: number) => `${new Date(ms).toISOString().slice(11, 13)}:00`;
const pixels = (n: number) => n.toFixed(1);

/** One hour: a line from the middle to the slowest, with a mark at each end. */
function Hour({ hour, i, y }: { hour: HourOfLatency; i: number; y: (ms: number) => number }) {
  if (hour.taken === null) return null;
  const x = LEFT + (i + 0.5) * COLUMN;
  const [middle, slowest] = [y(hour.taken.p50), y(hour.taken.p99)];
  return (
    <g>
      <line class="span" x1={pixels(x)} x2={pixels(x)} y1={pixels(middle)} y2={pixels(slowest)} />
      <circle class="p99" cx={pixels(x)} cy={pixels(slowest)} r="3.5" />
      <circle class="p50" cx={pixels(x)} cy={pixels(middle)} r="4.5" />
    </g>
  );
}

function Drawing({ day }: { day: LatencyDay }) {
  const { ticks, y } = scaleOf(day);
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-labelledby="latency-title latency-desc"
    >
      <title id="latency-title">From change to stored, by the hour</title>
      <desc id="latency-desc">
        A column for each of the last 24 hours in which Google announced a change: what the middle
        and the slowest in a hundred took, on a scale of powers of ten. The table below holds the
        same.
      </desc>
      {ticks.map((ms) => (
        <g>
          <line class="rule" x1={LEFT} x2={WIDTH} y1={pixels(y(ms))} y2={pixels(y(ms))} />
          <text x={LEFT - 8} y={pixels(y(ms) + 4)} text-anchor="end">
            {tookWords(ms)}
          </text>
        </g>
      ))}
      {day.hours.map((hour, i) => (
        <Hour hour={hour} i={i} y={y} />
      ))}
      {day.hours.map(({ startMs }, i) =>
        i % 4 === 2 ? (
          <text x={pixels(LEFT + (i + 0.5) * COLUMN)} y={BOTTOM + 22} text-anchor="middle">
            {hourWords(startMs)}
          </text>
        ) : null,
      )}
    </svg>
  );
}

function AsTable({ day }: { day: LatencyDay }) {
  return (
    <details>
      <summary>The same as a table</summary>
      <Listing
        label="From change to stored, by the hour"
        columns={['Hour (UTC)', 'Changes', 'Half within', '99 of 100 within']}
        numbers={['Changes', 'Half within', '99 of 100 within']}
      >
        {day.hours.map(
          ({ startMs, taken }) =>
            taken !== null && (
              <tr>
                <th scope="row">{hourWords(startMs)}</th>
                <td class="number">{taken.count.toLocaleString('en-GB')}</td>
                <td class="number">{tookWords(taken.p50)}</td>
                <td class="number">{tookWords(taken.p99)}</td>
              </tr>
            ),
        )}
      </Listing>
    </details>
  );
}

/** The section of the overview: numbers in words, the drawing, the table. */
export function LatencyChart({ day }: { day: LatencyDay }) {
  const { all, isWhole } = day;
  if (all === null)
    return <p class="nothing">Google has announced no change within the last day.</p>;
  const count = all.count === 1 ? 'One change' : `${all.count.toLocaleString('en-GB')} changes`;
  return (
    <div class="card latency">
      <dl class="counts">
        <div>
          <dt>
            <span class="dot p50" aria-hidden="true" /> Half within (p50)
          </dt>
          <dd>{tookWords(all.p50)}</dd>
        </div>
        <div>
          <dt>
            <span class="dot p99" aria-hidden="true" /> 99 of 100 within (p99)
          </dt>
          <dd>{tookWords(all.p99)}</dd>
        </div>
      </dl>
      <p class="quiet small">
        {isWhole
          ? `${count} that Google announced in the last 24 hours`
          : `The last ${count} that Google announced`}
        , from the announcement to the stored row. Times in UTC.
      </p>
      <Drawing day={day} />
      <AsTable day={day} />
    </div>
  );
}
