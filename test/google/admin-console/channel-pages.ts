// The notification channels that are live, and the last messages with the answers they got.
import { Hono } from 'hono';
import { html } from 'hono/html';
import type { Channel } from '../channels.ts';
import type { Google } from '../google.ts';
import type { Delivery } from '../pushes.ts';
import { type Html, moment, nameOf, page } from './layout.ts';
import { answerChip } from './person-page.ts';

const DELIVERIES_SHOWN = 60;

export function channelRoutes(google: Google): Hono {
  const app = new Hono();
  app.get('/channels', (c) => {
    const { channels } = google.workspace;
    const deliveries = google.deliveries.slice(-DELIVERIES_SHOWN).reverse();
    const waiting = google.pushes.waiting.length;
    const body = html`
      <div class="head"><h1>Channels</h1></div>
      <p class="lead">Each hears of changes at its own address until it expires. Nothing renews one.</p>
      ${channels.length === 0 ? html`<p class="empty">Nobody is listening.</p>` : ''}
      <ul class="channels">${channels.map(channelCard)}</ul>
      <h2 class="section">Messages ${waiting > 0 ? html`<span class="chip suspended">${waiting} on the way</span>` : ''}</h2>
      ${deliveries.length === 0 ? html`<p class="empty">None has been sent.</p>` : deliveryTable(google, deliveries)}`;
    return c.html(page(google, { title: 'Channels', at: '/channels', body }));
  });
  // An id may hold slashes and plus signs, so it travels in the form.
  app.post('/channels/expire', async (c) => {
    const { id } = await c.req.parseBody();
    if (typeof id === 'string') google.channels.expire(id);
    return c.redirect('/channels', 303);
  });
  return app;
}

function channelCard(channel: Channel): Html {
  return html`<li class="card channel">
    <div class="grow">
      <b><span class="tag">${channel.event ?? 'every event'}</span> ${channel.domain ?? 'all domains'}</b>
      <p class="mono">${channel.address}</p>
      <dl>
        <dt>Id</dt><dd class="mono">${channel.id}</dd>
        <dt>Resource</dt><dd class="mono">${channel.resourceId}</dd>
        <dt>Opened</dt><dd>${moment(channel.openedAtMs)}</dd>
        <dt>Expires</dt><dd>${moment(channel.expiresAtMs)}</dd>
      </dl>
    </div>
    <form method="post" action="/channels/expire">
      <button class="quiet danger" name="id" value="${channel.id}">Expire now</button>
    </form>
  </li>`;
}

function deliveryTable(google: Google, deliveries: Delivery[]): Html {
  return html`<table class="log-table">
    <thead><tr><th>When</th><th>Event</th><th>Person</th><th>Answer</th><th>Attempt</th></tr></thead>
    <tbody>${deliveries.map(
      (one) => html`<tr>
        <td>${moment(one.atMs)}</td>
        <td><span class="tag">${one.state}</span></td>
        <td>${subject(google, one)}</td>
        <td>${answerChip(one.status, one.willRetry)}</td>
        <td>${one.attempt}${one.willRetry ? html` <small>will come again</small>` : ''}</td>
      </tr>`,
    )}</tbody>
  </table>`;
}

function subject(google: Google, { userId }: Delivery): Html {
  if (userId === undefined) return html`<span class="hint">the channel</span>`;
  const living = google.workspace.find(userId);
  if (living) return html`<a href="/people/${userId}">${nameOf(living)}</a>`;
  const gone = google.workspace.deleted.find((user) => user.id === userId);
  return gone ? nameOf(gone) : html`<span class="hint">${userId}</span>`;
}
