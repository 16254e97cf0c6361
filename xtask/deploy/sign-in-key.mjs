// A new sign-in key for the administrator, from whoever may write to the deployment's database: for a lost key when
// SETUP_SECRET is lost too.
//
//   npm run sign-in-key                           the deployed database
//   npm run sign-in-key -- --local                that of `npm run dev`, once that is stopped; also with --persist-to DIR
//   npm run sign-in-key -- --revoke-others        ends all other keys, links and sessions
//
// The key is made here and printed once. The database gets its SHA-256, and the command line of no process shows it.

import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const HERE = dirname(fileURLToPath(import.meta.url));

// A hundred years, as keys of /setup have: until they are revoked.
const KEY_LIFE_MS = 100 * 365 * 24 * 3_600_000;

const USAGE = "usage: npm run sign-in-key -- [--remote | --local [--persist-to DIR]] [--revoke-others]";

// Ends with one sentence, and what wrangler said.
class Refusal extends Error {}

function main() {
  const options = optionsOf(process.argv.slice(2));
  const wrangler = join(HERE, "node_modules", "wrangler", "bin", "wrangler.js");
  if (!existsSync(wrangler)) {
    throw new Refusal(`wrangler is not installed: run npm install in ${HERE}`);
  }
  const database = options.local ? local(options) : remote();
  try {
    const key = mint((sql) => execute(wrangler, database, sql), options["revoke-others"]);
    console.log(`
  Sign-in key   ${key}

It is shown only now: keep it in a password manager. Open /sign-in on the dashboard and enter it.`);
    if (options["revoke-others"]) {
      console.log("All other keys, links and sessions have ended.");
    }
  } finally {
    database.end();
  }
}

function optionsOf(args) {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        remote: { type: "boolean" },
        local: { type: "boolean" },
        "persist-to": { type: "string" },
        "revoke-others": { type: "boolean" },
        help: { type: "boolean" },
      },
    }));
  } catch (error) {
    throw new Refusal(`${error.message}\n${USAGE}`);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  if ((values.remote && values.local) || (values["persist-to"] !== undefined && !values.local)) {
    throw new Refusal(USAGE);
  }
  return values;
}

function local(options) {
  const directory = options["persist-to"];
  // npm starts scripts in the package's folder; the path means what it meant where npm was called.
  const base = process.env.INIT_CWD ?? process.cwd();
  const persist = directory === undefined ? [] : ["--persist-to", resolve(base, directory)];
  return { args: ["DB", "--local", ...persist], end() {} };
}

// `wrangler deploy` finds a database without an id, `wrangler d1` refuses one that its settings name without it. So it
// gets settings that name none, and looks the database up by its name.
function remote() {
  const { account_id, database_id, database_name } = settings(join(HERE, "wrangler.toml"));
  if (database_id !== undefined) {
    return { args: ["DB", "--remote"], end() {} };
  }
  const directory = mkdtempSync(join(tmpdir(), "trapline-"));
  const config = join(directory, "wrangler.json");
  writeFileSync(config, JSON.stringify({ name: "trapline-sign-in-key", account_id }));
  return {
    args: [database_name ?? "trapline", "--remote", "--config", config],
    end: () => rmSync(directory, { recursive: true }),
  };
}

// The account at the top, and the section whose binding is `DB`. Lines `name = "value"` are all that is needed of TOML.
function settings(file) {
  const sections = readFileSync(file, "utf8").split(/^\s*\[/m);
  const pairs = (text) =>
    Object.fromEntries(
      [...text.matchAll(/^\s*(\w+)\s*=\s*["']([^"']*)["']/gm)].map(([, name, value]) => [name, value]),
    );
  const database = sections
    .filter((section) => section.startsWith("[d1_databases]]"))
    .map(pairs)
    .find((section) => section.binding === "DB");
  return { ...database, account_id: pairs(sections[0]).account_id };
}

// Stores a new key, then takes the others away: never without any, whatever fails in between.
function mint(run, revokeOthers) {
  const key = randomBytes(20).toString("hex");
  const hash = `x'${createHash("sha256").update(key).digest("hex")}'`;
  const now = Date.now();
  const rows = run(
    `INSERT INTO sign_in (hash, person_id, is_link, created_ms, expires_ms)
     SELECT ${hash}, min(id), 0, ${now}, ${now + KEY_LIFE_MS} FROM person
     WHERE role = 2 AND projects = '' HAVING min(id) IS NOT NULL;
     SELECT count(*) AS keys FROM sign_in WHERE hash = ${hash};`,
  );
  if (rows.at(-1)?.results?.[0]?.keys !== 1) {
    throw nobody();
  }
  if (revokeOthers) {
    run(`DELETE FROM sign_in WHERE hash <> ${hash}; DELETE FROM session;`);
  }
  return key;
}

function nobody() {
  return new Refusal(
    "there is no administrator yet, so there is nobody to make a key for.\n" +
      "Open /setup on the dashboard: it makes the administrator and the first key.",
  );
}

// The results of each statement. Standard error is the user's, so wrangler can ask and complain.
function execute(wrangler, database, sql) {
  const [name, ...where] = database.args;
  const args = [wrangler, "d1", "execute", name, ...where, "--yes", "--json", "--command", sql];
  const { status, stdout, error } = spawnSync(process.execPath, args, {
    cwd: HERE,
    encoding: "utf8",
    stdio: ["inherit", "pipe", "inherit"],
  });
  if (status !== 0) {
    const said = error?.message ?? messageIn(stdout);
    // The Worker makes the tables when it is first asked for anything.
    if (said.includes("no such table")) {
      throw nobody();
    }
    // Two workerd at one file lock each other out.
    const advice = where.includes("--local") ? " If npm run dev is running, stop it first." : "";
    throw new Refusal(`the database could not be reached.${advice}\n${said}`);
  }
  return JSON.parse(stdout);
}

// `{"error": {"text": "…", "notes": [{"text": "…"}]}}`, or whatever else it was.
function messageIn(output) {
  try {
    const { text, notes = [] } = JSON.parse(output).error;
    return [text, ...notes.map((note) => note.text)].join("\n");
  } catch {
    return output.trim();
  }
}

try {
  main();
} catch (error) {
  if (!(error instanceof Refusal)) {
    throw error;
  }
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
