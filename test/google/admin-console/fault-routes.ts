// The switches with which this Google misbehaves, grouped, in one form; and calls that shall fail
// next, once or a few times.
import { Hono } from 'hono';
import { html } from 'hono/html';
import { API_FAULTS, CALL_KINDS, FAULT_SWITCHES, type FaultSwitch } from '../fault-switches.ts';
import type { Faults } from '../faults.ts';
import type { Google } from '../google.ts';
import { action, type Html, page, textOf } from './layout.ts';

const NOTICES: Record<string, string> = {
  saved: 'Saved. It holds from the next call on.',
  off: 'Everything is off: this Google behaves.',
  planned: 'Planned.',
};

export function faultRoutes(google: Google): Hono {
  const { faults } = google;
  const app = new Hono();

  app.get('/faults', (c) => {
    const groups = [...new Set(FAULT_SWITCHES.map((one) => one.group))];
    const body = html`
      <div class="head"><h1>Faults</h1>${action('/faults/off', 'All off', { kind: 'warn' })}</div>
      <p class="lead">What the real one has been seen to do. Switched on here, it happens when you want.</p>
      ${nextCalls(faults)}
      <form method="post" action="/faults">
        ${groups.map(
          (group) => html`<section class="card">
            <h2>${group}</h2>
            ${FAULT_SWITCHES.filter((one) => one.group === group).map((one) => faultRow(faults, one))}
          </section>`,
        )}
        <p class="buttons sticky"><button class="primary">Save switches</button></p>
      </form>`;
    const notice = NOTICES[c.req.query('done') ?? ''];
    return c.html(page(google, { title: 'Faults', at: '/faults', body, notice }));
  });

  app.post('/faults', async (c) => {
    const form = await c.req.parseBody();
    for (const { key } of FAULT_SWITCHES) faults.setFromText(key, textOf(form[key]));
    return c.redirect('/faults?done=saved', 303);
  });

  app.post('/faults/off', (c) => {
    faults.reset();
    return c.redirect('/faults?done=off', 303);
  });

  app.post('/faults/next', async (c) => {
    const form = await c.req.parseBody();
    const kind = CALL_KINDS.find((one) => one === form['kind']);
    const fault = API_FAULTS.find((one) => one === form['fault']);
    const times = Number(form['times']);
    if (!kind || !fault || !Number.isInteger(times) || times < 1) return c.text('Unusable', 400);
    faults.failNext(kind, fault, times);
    return c.redirect('/faults?done=planned', 303);
  });
  return app;
}

function nextCalls(faults: Faults): Html {
  const options = (values: readonly string[]) =>
    values.map((value) => html`<option>${value}</option>`);
  return html`<form class="card" method="post" action="/faults/next">
    <h2>Let the next calls fail</h2>
    <div class="inline">
      <label>Kind <select name="kind">${options(CALL_KINDS)}</select></label>
      <label>Fault <select name="fault">${options(API_FAULTS)}</select></label>
      <label class="tiny">Times <input name="times" type="number" min="1" max="1000" value="1"></label>
      <button>Plan it</button>
    </div>
    ${faults.pending.map(
      (one) =>
        html`<p class="planned"><span class="chip suspended">${one.times} ×</span> ${one.kind}: ${one.fault}</p>`,
    )}
  </form>`;
}

function faultRow(faults: Faults, one: FaultSwitch): Html {
  const id = `fault-${one.key}`;
  return html`<div class="fault ${faults.isOff(one.key) ? '' : 'on'}">
    <div class="grow">
      <label for="${id}">${one.label}</label>
      <small id="${id}-about">${one.description}</small>
    </div>
    ${control(faults, one, id)}
  </div>`;
}

function control(faults: Faults, { key, kind, choices = [], unit }: FaultSwitch, id: string): Html {
  const value = faults[key];
  const about = html`id="${id}" name="${key}" aria-describedby="${id}-about"`;
  if (kind === 'boolean') {
    return html`<input class="switch" type="checkbox" ${about} ${value ? html`checked` : ''}>`;
  }
  if (kind === 'choice') {
    return html`<select ${about}>${choices.map(
      (choice) => html`<option ${choice === value ? html`selected` : ''}>${choice}</option>`,
    )}</select>`;
  }
  const range = unit === 'rate' ? html`max="1" step="0.01"` : html`step="1"`;
  return html`<span class="number"><input type="number" min="0" ${range} ${about} value="${value}">
    <span>${unit === 'rate' ? 'of 1' : unit}</span></span>`;
}
