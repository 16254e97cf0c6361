/** How the form looks. Colours are those of the options (`themeLight`, `themeDark`), or of the page's `--trapline-…`. */

/** Names of `@sentry/browser` for a theme, with what they are here in light and in dark. */
const COLOURS = {
  foreground: ["#1b1b1f", "#f1f1f4"],
  background: ["#fff", "#1f1f24"],
  border: ["#85858f", "#8d8d99"],
  accentForeground: ["#fff", "#101014"],
  accentBackground: ["#3d4bb8", "#aab4ff"],
  errorColor: ["#b3261e", "#ffb4ab"],
  outline: ["2px solid #3d4bb8", "2px solid #aab4ff"],
  boxShadow: ["0 8px 32px #0005", "0 8px 32px #000a"],
};

const RULES = `
:host{all:initial}
*{box-sizing:border-box;font:16px/1.4 system-ui,sans-serif;color:var(--foreground)}
dialog{width:min(28rem,calc(100vw - 2rem));padding:1.25rem;border:1px solid var(--border);border-radius:.5rem;background:var(--background);box-shadow:var(--boxShadow)}
dialog::backdrop{background:#0008}
h2{margin:0 0 1rem;font-size:1.25rem;font-weight:600}
label,p{display:block;margin:0 0 .75rem}
label span{opacity:.85}
input,textarea{display:block;width:100%;margin-top:.25rem;padding:.5rem;border:1px solid var(--border);border-radius:.25rem;background:transparent}
textarea{min-height:7rem;resize:vertical}
[aria-invalid=true]{border-color:var(--errorColor)}
:focus-visible{outline:var(--outline);outline-offset:2px}
button{min-height:2.75rem;padding:.5rem 1rem;border:1px solid var(--border);border-radius:.25rem;background:transparent;cursor:pointer}
.go{border-color:transparent;background:var(--accentBackground);color:var(--accentForeground);font-weight:600}
.row{display:flex;gap:.5rem;justify-content:flex-end}
.bad{color:var(--errorColor)}
.bad:empty,.hp{display:none}
.open{position:fixed;right:1rem;bottom:1rem;z-index:2147483647;box-shadow:var(--boxShadow)}`;

/** An element with a shadow of its own, in which the page's rules do not hold. */
export function hostOf({ colorScheme = "system", themeLight, themeDark, id }) {
  const host = document.createElement("div");
  if (id) host.id = id;
  const shadow = host.attachShadow({ mode: "open" });
  const of = (index, theme) =>
    Object.entries(COLOURS).map(([name, both]) => {
      const kebab = name.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
      return `--${name}:var(--trapline-${kebab},${theme?.[name] ?? both[index]})`;
    }).join(";");
  const [light, dark] = [of(0, themeLight), of(1, themeDark)];
  const first = colorScheme === "dark" ? dark : light;
  const scheme = colorScheme === "system" ? "light dark" : colorScheme;
  const other = colorScheme === "system" ? `@media(prefers-color-scheme:dark){dialog,button.open{${dark}}}` : "";
  // No element that a page's policy could forbid.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`${RULES}dialog,button.open{color-scheme:${scheme};${first}}${other}`);
  shadow.adoptedStyleSheets = [sheet];
  return { host, shadow };
}
