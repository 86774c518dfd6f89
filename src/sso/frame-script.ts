// The one script of ours in a browser, for both ends of the popup sign-in. In the frame it opens the window and redeems
// the code that comes back; in the popup it hands the code to whoever opened it, at our exact origin, and closes.
//
// The attacks: a hostile opener (the message goes to our origin only), a forged message (it must come from our origin
// and from the very window that was opened here), a stolen code (worthless without the verifier, which stays here).
import { FRAME_SESSION_PATH, LOGIN_PATH } from './paths.ts';

export const FRAME_SCRIPT = `'use strict';
(() => {
  const handOver = document.querySelector('[data-hand-over]');
  if (handOver) {
    if (!window.opener) return;
    const message = { type: 'rollcall:code', code: handOver.dataset.handOver };
    window.opener.postMessage(message, window.location.origin);
    window.close();
    return;
  }

  // This page, with the mark of somebody who has just signed in, or without it.
  const here = (change) => {
    const url = new URL(window.location.href);
    url.searchParams[change]('signed-in', '1');
    return url.href;
  };

  const button = document.querySelector('[data-embed-sign-in]');
  if (!button) {
    // Signed in: whoever reloads this page later must not be told that the cookie was not kept.
    window.history.replaceState(null, '', here('delete'));
    return;
  }

  const say = (what) => {
    for (const text of document.querySelectorAll('[data-say]')) {
      text.hidden = text.dataset.say !== what;
    }
  };
  const base64url = (bytes) =>
    btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

  let verifier = '';
  let challenge = '';
  let popup = null;

  // Made before the click: a window may be opened only while the click is handled. Each code has its own.
  const prepare = async () => {
    button.disabled = true;
    verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    challenge = base64url(new Uint8Array(hash));
    button.disabled = false;
  };

  button.addEventListener('click', () => {
    popup = window.open('${LOGIN_PATH}?embed=' + challenge, '_blank', 'popup,width=500,height=680');
    say(popup ? 'waiting' : 'cut-off');
  });

  window.addEventListener('message', async (event) => {
    if (event.origin !== window.location.origin || popup === null || event.source !== popup) return;
    const { type, code } = event.data ?? {};
    if (type !== 'rollcall:code' || typeof code !== 'string') return;
    popup = null;
    let isRedeemed = false;
    try {
      const response = await fetch('${FRAME_SESSION_PATH}', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code, verifier }),
      });
      isRedeemed = response.ok;
    } catch {
      // No answer: the same to the person as a refusal.
    }
    if (isRedeemed) {
      window.location.replace(here('set'));
      return;
    }
    say('failed');
    await prepare();
  });

  // Signed in a moment ago, and yet a stranger: the cookie was not kept.
  if (new URLSearchParams(window.location.search).has('signed-in')) say('no-cookie');
  prepare();
})();
`;
