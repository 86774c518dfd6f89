// The one style sheet of the sample application, served as a file: the pages' CSP allows no inline style.
export const STYLE = `
:root {
  color-scheme: light dark;
  --ink: #17211d; --soft: #5c6a64; --paper: #f6f7f4; --card: #ffffff; --line: #dfe5e0;
  --good: #0b7a4b; --good-soft: #e2f4ea; --wait: #8a5a00; --wait-soft: #fdf1d8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #edf2ee; --soft: #a3b1aa; --paper: #101613; --card: #18201c; --line: #2a352f;
    --good: #63d6a0; --good-soft: #15382a; --wait: #f2c572; --wait-soft: #3a2d10;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main {
  width: 100%; max-width: 36rem; padding: clamp(1.5rem, 5vw, 3rem);
  background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
}
.mark { display: flex; align-items: center; gap: .75rem; margin: 0 0 1.5rem; font-weight: 650; letter-spacing: -.01em; }
.mark span { display: grid; place-items: center; width: 2.25rem; height: 2.25rem; border-radius: .6rem; background: var(--good); color: var(--card); font-size: 1.2rem; }
h1 { margin: 0 0 .75rem; font-size: clamp(1.6rem, 5vw, 2.1rem); line-height: 1.15; letter-spacing: -.025em; text-wrap: balance; }
p { margin: 0 0 1rem; color: var(--soft); }
.state { display: flex; gap: .75rem; align-items: baseline; margin: 1.5rem 0 0; padding: .9rem 1.1rem; border-radius: .75rem; color: var(--wait); background: var(--wait-soft); }
.state.good { color: var(--good); background: var(--good-soft); }
.state::before { content: ""; flex: none; width: .6rem; height: .6rem; border-radius: 50%; background: currentColor; }
.state time, .state strong { font-weight: 600; }
`;
