// A browser with third-party cookies blocked, as browsers have it, and pages on another site with the app in a frame; for
// one test file.
import type { Browser, BrowserContext, Frame, FrameLocator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { closeSites } from './a-site.ts';
import { launchBrowser, type Visit, visit } from './browser.ts';
import { type SignInSite, startSignInSite } from './sign-in-site.ts';

export class Framed {
  readonly site: SignInSite;
  /** What the browser has to say about an attack; everything else is a fault. */
  expected: RegExp[] = [];
  readonly #browser: Browser;
  readonly #pristine: unknown;
  #visits: Visit[] = [];

  static async start(): Promise<Framed> {
    const [site, browser] = await Promise.all([startSignInSite(), launchBrowser()]);
    return new Framed(site, browser);
  }

  private constructor(site: SignInSite, browser: Browser) {
    this.site = site;
    this.#browser = browser;
    this.#pristine = site.served.google.openid.snapshot();
  }

  /** After each test: the windows are closed, and nobody has complained. */
  async clear(): Promise<void> {
    const { expected } = this;
    const visits = this.#visits;
    this.#visits = [];
    this.expected = [];
    const complaints = visits
      .flatMap((one) => one.complaints)
      .filter((one) => !expected.some((pattern) => pattern.test(one)));
    const questions = visits.flatMap((one) => one.questions);
    await Promise.all(visits.map(({ context }) => context.close()));
    this.site.served.google.openid.restore(this.#pristine as never);
    expect({ complaints, questions }).toEqual({ complaints: [], questions: [] });
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.site.close();
    closeSites();
  }

  /** A page with the app in it, in the browser of somebody who is signed in at Google. */
  async page(url = this.site.team, person = this.site.newcomer(), others: string[] = []) {
    const opened = await visit(this.#browser, { thirdPartyCookies: 'blocked' });
    this.#visits.push(opened);
    await this.site.atGoogle(opened.context, person.id, ...others);
    await opened.page.goto(url);
    return { ...opened, person, frame: opened.page.frameLocator('iframe') };
  }

  /** Somebody signed in inside the frame, the popup gone. */
  async signedIn(url = this.site.team, person = this.site.newcomer()) {
    const opened = await this.page(url, person);
    const popup = await popupOf(opened.frame, opened.context);
    if (!popup.isClosed()) await popup.waitForEvent('close');
    await heading(opened.frame, nameOf(person));
    return opened;
  }
}

export const button = (frame: FrameLocator) =>
  frame.getByRole('button', { name: 'Sign in with Google' });
export const heading = (at: Page | FrameLocator, name: string) =>
  at.getByRole('heading', { level: 1, name, exact: true }).waitFor();
export const nameOf = ({ name }: { name: { fullName: string } }) => name.fullName;

/** Presses the button; the window that opens. */
export async function popupOf(frame: FrameLocator, context: BrowserContext): Promise<Page> {
  const [popup] = await Promise.all([context.waitForEvent('page'), button(frame).click()]);
  return popup;
}

/** The app's frame itself, to run a script in. */
export async function insideOf(page: Page): Promise<Frame> {
  const inside = await (await page.locator('iframe').elementHandle())?.contentFrame();
  if (!inside) throw new Error('there is no frame');
  return inside;
}
