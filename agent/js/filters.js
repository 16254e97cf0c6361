/** The options that keep events back: `ignoreErrors`, `denyUrls`, `allowUrls`. */

const matches = (text, patterns) =>
  patterns?.some((pattern) => (typeof pattern === "string" ? text.includes(pattern) : pattern.test(text)));

/** Patterns are texts that occur, or regular expressions. */
export function isUnwanted({ exception, message }, { ignoreErrors, denyUrls, allowUrls }) {
  const thrown = exception?.values?.at(-1);
  const said = thrown ? [thrown.value, `${thrown.type}: ${thrown.value}`] : [message];
  if (said.some((text) => text && matches(text, ignoreErrors))) return true;
  const file = thrown && fileOf(thrown);
  return !!file && (matches(file, denyUrls) || (allowUrls?.length > 0 && !matches(file, allowUrls)));
}

/** Where it was thrown; of a stack that nobody has read, the first address. */
function fileOf({ stacktrace, stack }) {
  const frames = stacktrace?.frames ?? [];
  const isFile = ({ filename }) => filename && filename !== "<anonymous>" && filename !== "[native code]";
  return [...frames].reverse().find(isFile)?.filename ?? /\w+:\/\/\S+?(?=:\d)/.exec(stack)?.[0];
}
