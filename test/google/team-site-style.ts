// The look of the team's page: an intranet as they are, plain.

export const SITE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff;
  --ink: #1d2230;
  --soft: #566073;
  --line: #d9dfe9;
  --band: #0f766e;
  font: 16px / 1.6 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #14181f; --ink: #e8eaf2; --soft: #9aa3b8; --line: #2b3142; --band: #0b4f4a; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); }
header { padding: 2.2rem max(1.2rem, 50% - 27rem); background: var(--band); color: #fff; }
header p { margin: 0; opacity: 0.85; }
h1 { margin: 0; font-size: 2.2rem; font-weight: 500; line-height: 1.2; }
main { max-width: 56.4rem; margin: 0 auto; padding: 1.6rem 1.2rem 3rem; }
iframe { width: 100%; height: 34rem; border: 1px solid var(--line); border-radius: 10px; background: var(--paper); }
.empty { padding: 3rem 1rem; border: 1px dashed var(--line); border-radius: 10px; color: var(--soft); text-align: center; }
.small { color: var(--soft); font-size: 0.87rem; }
`;
