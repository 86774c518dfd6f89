// The pages of the accounts site. No script; everything is escaped by hono/html, and names stand in
// <bdi>, so that a right-to-left one doesn't turn its neighbours around.
import { html } from 'hono/html';
import { avatar, type Html } from '../admin-console/layout.ts';
import type { Account } from './accounts.ts';
import type { AuthorizationRequest, PageError } from './authorization-request.ts';
import { isHinted, shapedBy } from './next-step.ts';
import type { OpenId } from './openid.ts';
import { inWords } from './scopes.ts';

/** The search finds the others. */
const ACCOUNTS_SHOWN = 100;
const AT = '/o/oauth2/v2/auth';

interface PageParts {
  title: string;
  /** Where it is not the title. */
  heading?: Html;
  lead: Html;
  content: Html;
}

function page({ title, heading = title, lead, content }: PageParts) {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Google Workspace on this laptop</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="${AT}/style.css">
</head>
<body>
  <main>
    <div class="about">
      <p class="brand"><span class="mark" aria-hidden="true"></span> Google Workspace on this laptop</p>
      <h1>${heading}</h1>
      <p class="lead">${lead}</p>
    </div>
    <div class="content">${content}</div>
  </main>
  <footer>Nobody in it exists, and nobody needs a password.</footer>
</body>
</html>`;
}

const appName = ({ client }: AuthorizationRequest) => html`<b><bdi>${client.name}</bdi></b>`;

export function signInPage(
  { accounts }: OpenId,
  request: AuthorizationRequest,
  options: { search?: string; isShaped?: boolean } = {},
) {
  const { search = '', isShaped = true } = options;
  const { loginHint, hd, query } = request;
  const everybody = accounts.all;
  const shaped = isShaped ? shapedBy(hd, everybody) : everybody;
  const found = shaped
    .filter((account) => isFound(account, search))
    .sort((a, b) => Number(isHinted(b, loginHint)) - Number(isHinted(a, loginHint)));
  const hidden = everybody.length - shaped.length;
  return page({
    title: 'Sign in',
    lead: html`Choose who you are, to continue to ${appName(request)}`,
    content: html`<form class="search" action="${AT}/sign-in" role="search">
        <input type="hidden" name="continue" value="${query}">
        ${isShaped ? '' : html`<input type="hidden" name="hd" value="any">`}
        <input type="search" name="q" value="${search}" placeholder="Name or address" aria-label="Search accounts" autocomplete="off">
        <button>Search</button>
      </form>
      ${found.length === 0 ? html`<p class="note">Nobody matches.</p>` : ''}
      <ul class="accounts tall">${found
        .slice(0, ACCOUNTS_SHOWN)
        .map((account) => accountButton(request, account, isHinted(account, loginHint)))}</ul>
      ${found.length > ACCOUNTS_SHOWN ? html`<p class="note">${found.length - ACCOUNTS_SHOWN} more: search for them.</p>` : ''}
      ${hidden > 0 ? html`<p class="note"><a href="${signInUrl(query)}&amp;hd=any">Accounts of other domains, too (${hidden})</a></p>` : ''}`,
  });
}

export function chooserPage(request: AuthorizationRequest, signedIn: readonly Account[]) {
  const { hd, query, loginHint } = request;
  return page({
    title: 'Choose an account',
    lead: html`to continue to ${appName(request)}`,
    content: html`<ul class="accounts">
      ${shapedBy(hd, signedIn).map((account) => accountButton(request, account, isHinted(account, loginHint)))}
      <li><a class="account" href="${signInUrl(query)}">
        <span class="avatar other" aria-hidden="true">+</span><span class="who"><b>Use another account</b></span>
      </a></li>
    </ul>`,
  });
}

export function consentPage(request: AuthorizationRequest, account: Account) {
  const { client, scopes, query, redirectUri } = request;
  const decision = (name: string, label: string, kind: string) =>
    html`<form method="post" action="${AT}/consent">
      <input type="hidden" name="continue" value="${query}">
      <input type="hidden" name="account" value="${account.id}">
      <input type="hidden" name="decision" value="${name}">
      <button class="${kind}">${label}</button>
    </form>`;
  return page({
    title: `${client.name} wants to know who you are`,
    heading: html`<bdi>${client.name}</bdi> wants to know who you are`,
    lead: html`<span class="pill">${face(account)} <span>${account.email}</span></span>`,
    content: html`<p>This will allow <b><bdi>${client.name}</bdi></b> to:</p>
      <ul class="scopes">${scopes.map((scope) => html`<li>${inWords(scope)}</li>`)}</ul>
      <p class="note">You are sent on to ${new URL(redirectUri).host}.</p>
      <div class="buttons">
        ${decision('cancel', 'Cancel', '')} ${decision('continue', 'Continue', 'primary')}
      </div>`,
  });
}

export function disabledPage({ query }: AuthorizationRequest, account: Account) {
  return page({
    title: 'Account disabled',
    lead: html`<span class="pill">${face(account)} <span>${account.email}</span></span>`,
    content: html`<p>The admin of <b>${account.hd}</b> has ${account.condition} this account, so <bdi>${account.name}</bdi> can’t sign in.</p>
      <p class="buttons"><a class="button" href="${signInUrl(query)}">Use another account</a></p>`,
  });
}

export function refusalPage({ status, error, detail }: PageError, account?: Account) {
  return page({
    title: 'Access blocked',
    lead: account
      ? html`<span class="pill">${face(account)} <span>${account.email}</span></span>`
      : '',
    content: html`<p>${detail}</p>
      <p class="code">Error ${status}: ${error}</p>
      <p class="note">The app hears nothing of this. Close this page, or go back.</p>`,
  });
}

function accountButton({ query }: AuthorizationRequest, account: Account, isFirst: boolean): Html {
  const { condition } = account;
  return html`<li><form method="post" action="${AT}/account">
    <input type="hidden" name="continue" value="${query}">
    <input type="hidden" name="account" value="${account.id}">
    <button class="account" ${isFirst ? html`autofocus` : ''}>
      ${face(account)}
      <span class="who">
        <b><bdi>${account.name || account.email}</bdi></b>
        ${condition === 'active' ? '' : html`<span class="chip">${condition}</span>`}
        ${account.hd === null ? html`<span class="chip quiet">personal</span>` : ''}
        <small>${account.email}</small>
      </span>
    </button>
  </form></li>`;
}

function face({ id, givenName, familyName }: Account): Html {
  return avatar({ id, name: { givenName, familyName } });
}

function isFound({ name, email, id }: Account, search: string): boolean {
  return `${name}\n${email}\n${id}`.toLowerCase().includes(search.toLowerCase());
}

function signInUrl(query: string): string {
  return `${AT}/sign-in?continue=${encodeURIComponent(query)}`;
}
