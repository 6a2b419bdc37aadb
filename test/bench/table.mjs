// The figures of a run: a line of the table each, and all of them as JSON.
export const figures = [];

/** One line; `of` is the figure that it is held against, `aim` what it is meant to reach (`{ most }`, `{ least }`, or `{ share }` of that figure). */
export function tell(name, value, unit, { of, note = '', aim } = {}) {
  const against = of && figures.find((figure) => figure.name === of);
  const ratio = against ? value / against.value : null;
  const met = aim ? reached(aim, value, ratio) : null;
  figures.push({
    name,
    value,
    unit,
    ...(ratio === null ? {} : { of, ratio }),
    ...(aim ? { aim, met } : {}),
    ...(note ? { note } : {}),
  });
  const amount = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2);
  const share = ratio === null ? '' : `${ratio.toFixed(ratio < 0.1 ? 3 : 2)} × ${of}`;
  const verdict = aim ? `${met ? 'ok' : 'MISSED'} (${toReach(aim)})` : '';
  console.log(
    `${name.padEnd(40)} ${amount.padStart(9)} ${unit.padEnd(11)} ${share.padEnd(40)} ${verdict.padEnd(16)} ${note}`.trimEnd(),
  );
}

function reached({ most, least, share }, value, ratio) {
  if (most !== undefined) return value <= most;
  return least !== undefined ? value >= least : ratio >= share;
}

function toReach({ most, least, share }) {
  if (most !== undefined) return `≤ ${most}`;
  return least !== undefined ? `≥ ${least}` : `≥ ${share} of it`;
}

/** Median, 99th percentile and worst of some durations. */
export function spread(durations) {
  const sorted = [...durations].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1), n: sorted.length };
}

export const told = ({ p50, p99, max }) => `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms`;
