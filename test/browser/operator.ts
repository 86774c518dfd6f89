// Somebody who runs the deployment, at a browser: signed in as an account of the company, and with an ear for everything
// that the browser asks of anybody.
import type { Browser, BrowserContextOptions, Request } from 'playwright-core';
import { expect } from 'vitest';
import { DESK } from './appearance.ts';
import { type Visit, visit } from './browser.ts';
import type { SignInSite } from './sign-in-site.ts';

export const ADMIN = 'admin@example.test';

export interface OperatorVisit extends Visit {
  requests: Request[];
  /** Fails if the browser complained of anything, or asked anybody but us for a part of a page. */
  expectPeace(): Promise<void>;
}

// A page that refuses something is refused in its status as well, and the browser says so.
const IS_REFUSAL = /^Failed to load resource: the server responded with a status of 4\d\d/;

export async function visitAs(
  address: string | null,
  { site, browser }: { site: SignInSite; browser: Browser },
  options: BrowserContextOptions = {},
): Promise<OperatorVisit> {
  const opened = await visit(browser, { baseURL: site.app, viewport: DESK, ...options });
  const requests: Request[] = [];
  opened.context.on('request', (request) => requests.push(request));
  if (address !== null) {
    const { id } = site.served.google.workspace.user(address);
    await site.atGoogle(opened.context, id);
    await opened.page.goto('/auth/login');
    await opened.page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
  }
  const expectPeace = async () => {
    const parts = requests.filter((one) => one.resourceType() !== 'document');
    const strange = parts.filter((one) => !one.url().startsWith(site.app));
    const broken: string[] = [];
    for (const one of parts) {
      const status = (await one.response())?.status() ?? 0;
      if (status >= 400) broken.push(`${status} ${one.url()}`);
    }
    expect({
      complaints: opened.complaints.filter((text) => !IS_REFUSAL.test(text)),
      strange: strange.map((one) => one.url()),
      broken,
      questions: opened.questions,
    }).toEqual({ complaints: [], strange: [], broken: [], questions: [] });
  };
  return Object.assign(opened, { requests, expectPeace });
}
