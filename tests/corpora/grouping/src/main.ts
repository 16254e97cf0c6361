import { domErrors } from "./dom_errors";
import { languageErrors } from "./language_errors";
import { ownErrors } from "./own_errors";
import { promiseErrors } from "./promise_errors";
import { reactErrors } from "./react_errors";
import { requestErrors } from "./request_errors";
import { svelteErrors } from "./svelte_errors";
import { thirdPartyErrors } from "./third_party_errors";
import { typeErrors } from "./type_errors";
import { type Bugs } from "./types";
import { vueErrors } from "./vue_errors";
import { wasmErrors } from "./wasm_errors";

const bugs: Bugs = {
  ...typeErrors, ...languageErrors, ...domErrors, ...promiseErrors, ...requestErrors, ...ownErrors, ...wasmErrors,
  ...reactErrors, ...vueErrors, ...svelteErrors, ...thirdPartyErrors,
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Where an event says which bug it is: the recorder's page sets it. */
declare const labelNext: (bug: string) => void;

async function runAll() {
  for (const [bug, run] of Object.entries(bugs)) {
    // Two ways to the same failure are numbered.
    labelNext(bug.replace(/ \d$/, ""));
    let done: unknown;
    const button = document.createElement("button");
    button.addEventListener("click", () => {
      done = run();
    });
    button.click();
    await done;
    await pause(/fetch|chunk|third|react|vue/.test(bug) ? 150 : 40);
  }
  return Object.keys(bugs).length;
}

(globalThis as any).runAll = runAll;
