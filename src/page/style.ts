// The style sheets, served as files: the pages' CSP allows no inline style. This one is for people who sign in;
// operator-style.ts is for those who run the deployment. They share their colours.

/** Colours, light and dark. Each text colour is at least 4.5 : 1 on its own soft, card and paper. */
export const COLOURS = `
:root {
  color-scheme: light dark;
  --ink: #17211d; --soft: #55635d; --paper: #f6f7f4; --card: #ffffff; --line: #dfe5e0;
  --good: #0b7a4b; --good-soft: #e2f4ea; --wait: #855600; --wait-soft: #fdf1d8; --bad: #a8261c; --bad-soft: #fdeae7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #edf2ee; --soft: #a3b1aa; --paper: #101613; --card: #18201c; --line: #2a352f;
    --good: #63d6a0; --good-soft: #15382a; --wait: #f2c572; --wait-soft: #3a2d10; --bad: #ffb1a6; --bad-soft: #46211d;
  }
}
`;

/** "Sign in with Google", as Google wants it to look. */
export const GOOGLE_BUTTON = `.google {
  display: inline-flex; align-items: center; gap: 10px; height: 40px; padding: 0 12px; border: 1px solid #747775; border-radius: 4px;
  background: #ffffff; color: #1f1f1f; font: 500 14px/20px Roboto, "Google Sans", Arial, sans-serif; letter-spacing: .25px;
  text-decoration: none; white-space: nowrap; cursor: pointer;
}
.google:hover { background: #f7f8f8; box-shadow: 0 1px 2px rgb(60 64 67 / .3), 0 1px 3px 1px rgb(60 64 67 / .15); }
.google[disabled] { opacity: .6; cursor: progress; }
@media (prefers-color-scheme: dark) {
  .google { background: #131314; border-color: #8e918f; color: #e3e3e3; }
  .google:hover { background: #1d1e20; }
}
`;

export const STYLE = `${COLOURS}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main {
  width: 100%; max-width: 36rem; padding: clamp(1.5rem, 5vw, 3rem);
  background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
}
body.framed { place-items: start stretch; padding: 0; background: var(--card); }
body.framed main { max-width: none; padding: 1.25rem; border: 0; border-radius: 0; }
.mark { display: flex; align-items: center; gap: .75rem; margin: 0 0 1.5rem; color: var(--ink); font-weight: 650; letter-spacing: -.01em; }
.mark span { display: grid; place-items: center; width: 2.25rem; height: 2.25rem; border-radius: .6rem; background: var(--good); color: var(--card); font-size: 1.2rem; }
h1 { margin: 0 0 .75rem; font-size: clamp(1.6rem, 5vw, 2.1rem); line-height: 1.15; letter-spacing: -.025em; text-wrap: balance; overflow-wrap: anywhere; }
.framed h1 { font-size: 1.35rem; }
p { margin: 0 0 1rem; color: var(--soft); }
p:last-child { margin-bottom: 0; }
a { color: var(--good); }
:focus-visible { outline: 3px solid var(--good); outline-offset: 2px; }
.state { display: flex; gap: .75rem; align-items: baseline; margin: 1.5rem 0 0; padding: .9rem 1.1rem; border-radius: .75rem; color: var(--wait); background: var(--wait-soft); }
.state.good { color: var(--good); background: var(--good-soft); }
.state::before { content: ""; flex: none; width: .6rem; height: .6rem; border-radius: 50%; background: currentColor; }
.state time, .state strong { font-weight: 600; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin: 1.5rem 0 0; }
.actions form { margin: 0; }
.actions + [role="status"] { margin-top: 1rem; }
.plain {
  display: inline-flex; align-items: center; min-height: 2.5rem; padding: 0 1rem; border: 1px solid var(--line); border-radius: .6rem;
  background: transparent; color: var(--ink); font: inherit; font-size: .95rem; text-decoration: none; cursor: pointer;
}
.plain:hover { border-color: var(--soft); }
${GOOGLE_BUTTON}.person { display: flex; gap: 1.1rem; align-items: center; margin: 0 0 1.25rem; }
.person h1 { margin: 0; }
.person p { margin: .15rem 0 0; overflow-wrap: anywhere; }
.photo { position: relative; flex: none; display: grid; place-items: center; width: 4rem; height: 4rem; overflow: hidden; border-radius: 50%; background: var(--good-soft); color: var(--good); font-size: 1.4rem; font-weight: 600; }
.framed .photo { width: 3rem; height: 3rem; font-size: 1.1rem; }
.photo img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .5rem 1.25rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.roles { display: flex; flex-wrap: wrap; gap: .4rem; margin: 0; padding: 0; list-style: none; }
.roles li { max-width: 100%; padding: .05rem .65rem; border-radius: 1rem; background: var(--good-soft); color: var(--good); font-size: .9rem; overflow-wrap: anywhere; }
.fine { margin: 1.5rem 0 0; font-size: .85rem; }
@media (max-width: 30rem) {
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .75rem; }
}
`;
