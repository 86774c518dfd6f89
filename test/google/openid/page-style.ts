// The look of the accounts site, as text: it is served in workerd too, where there are no files.

export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f0f3f8;
  --card: #ffffff;
  --ink: #1d2230;
  --soft: #566073;
  --line: #d9dfe9;
  --hover: #f4f6fb;
  --accent: #3b4cca;
  --accent-ink: #ffffff;
  --bad: #a8202c;
  --bad-soft: #fce4e4;
  --idle-soft: #e8eaf0;
  font: 16px / 1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #10131c;
    --card: #181c28;
    --ink: #e8eaf2;
    --soft: #9aa3b8;
    --line: #2b3142;
    --hover: #20263a;
    --accent: #8f9cff;
    --accent-ink: #10131c;
    --bad: #ff9a9a;
    --bad-soft: #45191d;
    --idle-soft: #2a3040;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0;
  min-height: 100vh;
  padding: 1.5rem 1rem;
  display: flex;
  flex-direction: column;
  align-items: center;
  justify-content: center;
  gap: 1rem;
  background: var(--paper);
  color: var(--ink);
}
main {
  width: 100%;
  max-width: 64rem;
  padding: 2.6rem;
  display: grid;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1.1fr);
  gap: 2.6rem;
  border-radius: 28px;
  background: var(--card);
  overflow-wrap: anywhere;
}
footer { color: var(--soft); font-size: 0.8rem; }
.brand {
  margin: 0 0 1.6rem;
  display: flex;
  align-items: center;
  gap: 0.6rem;
  color: var(--soft);
  font-size: 0.9rem;
  font-weight: 550;
}
.mark {
  width: 1.9rem;
  height: 1.9rem;
  flex: none;
  border-radius: 9px;
  background:
    radial-gradient(circle at 50% 36%, #fff 0 20%, transparent 21%),
    radial-gradient(ellipse at 50% 96%, #fff 0 44%, transparent 45%),
    linear-gradient(140deg, #6f7dff, #3b4cca);
}
h1 {
  margin: 0 0 0.8rem;
  font-size: 2.1rem;
  font-weight: 500;
  line-height: 1.2;
  letter-spacing: -0.02em;
}
.lead { margin: 0; }
.content { min-width: 0; }
.content > :first-child { margin-top: 0; }
ul { margin: 0; padding: 0; list-style: none; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.account {
  width: 100%;
  padding: 0.7rem 0.6rem;
  display: flex;
  align-items: center;
  gap: 0.9rem;
  border: 0;
  border-radius: 10px;
  background: none;
  color: inherit;
  font: inherit;
  text-align: start;
  text-decoration: none;
  cursor: pointer;
}
.account:hover { background: var(--hover); }
.account:focus-visible { outline-offset: -2px; }
.accounts li + li { border-top: 1px solid var(--line); }
.accounts.tall {
  max-height: min(30rem, 62vh);
  overflow-y: auto;
  border-block: 1px solid var(--line);
  scrollbar-width: thin;
  scrollbar-color: var(--line) transparent;
}
.who { flex: 1; min-width: 0; }
.who { line-height: 1.35; }
.who b { margin-inline-end: 0.3rem; font-weight: 550; }
.who small { display: block; }
small { color: var(--soft); font-size: 0.87rem; }
.avatar {
  display: inline-grid;
  place-items: center;
  flex: none;
  width: 2.3rem;
  height: 2.3rem;
  border-radius: 50%;
  color: #fff;
  font-size: 0.82rem;
  font-weight: 600;
  overflow: hidden;
}
.avatar.other { background: var(--idle-soft); color: var(--ink); font-size: 1.2rem; font-weight: 400; }
.hue-0 { background: #4453c4; }
.hue-1 { background: #0f766e; }
.hue-2 { background: #a3376f; }
.hue-3 { background: #8a5a12; }
.hue-4 { background: #2f6f3c; }
.hue-5 { background: #7046b8; }
.hue-6 { background: #0b6a9c; }
.hue-7 { background: #a8452a; }
.pill {
  max-width: 100%;
  padding: 0.25rem 0.9rem 0.25rem 0.3rem;
  display: inline-flex;
  align-items: center;
  gap: 0.6rem;
  border: 1px solid var(--line);
  border-radius: 99px;
  font-size: 0.9rem;
}
.pill > span:last-child { min-width: 0; }
.pill .avatar { width: 1.8rem; height: 1.8rem; font-size: 0.7rem; }
.chip {
  display: inline-block;
  padding: 0.05rem 0.6rem;
  border-radius: 99px;
  background: var(--bad-soft);
  color: var(--bad);
  font-size: 0.78rem;
  font-weight: 600;
}
.chip.quiet { background: var(--idle-soft); color: var(--soft); }
.scopes li { padding: 0.8rem 0; display: flex; gap: 0.8rem; border-bottom: 1px solid var(--line); }
.scopes li::before { content: "✓"; color: var(--accent); font-weight: 700; }
.note { margin: 0.9rem 0 0; color: var(--soft); font-size: 0.9rem; }
.code {
  padding: 0.7rem 1rem;
  border-radius: 10px;
  background: var(--bad-soft);
  color: var(--bad);
  font-weight: 600;
}
.buttons { margin: 1.8rem 0 0; display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 0.7rem; }
button, .button {
  padding: 0.5rem 1.4rem;
  border: 1px solid var(--line);
  border-radius: 99px;
  background: none;
  color: var(--accent);
  font: inherit;
  font-weight: 550;
  text-decoration: none;
  cursor: pointer;
}
button:hover, .button:hover { background: var(--hover); }
.primary, .primary:hover { border-color: var(--accent); background: var(--accent); color: var(--accent-ink); }
.search { margin: 0 0 0.9rem; display: flex; gap: 0.6rem; }
.search input {
  flex: 1;
  min-width: 0;
  padding: 0.5rem 1rem;
  border: 1px solid var(--line);
  border-radius: 99px;
  background: var(--card);
  color: inherit;
  font: inherit;
}
@media (max-width: 46rem) {
  body { padding: 0; justify-content: flex-start; background: var(--card); }
  main { padding: 1.4rem 1.2rem; grid-template-columns: minmax(0, 1fr); gap: 1.4rem; border-radius: 0; }
  h1 { font-size: 1.7rem; }
  .brand { margin-bottom: 1.1rem; }
  .accounts.tall { max-height: none; }
  footer { padding: 0 1.2rem 1.4rem; align-self: flex-start; }
}
`;
