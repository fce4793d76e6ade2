// Holds the weights that visitors and agents pay: bytes of the gzip twins. Fails when one is over.
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { DEFAULT_OUT } from "./build.mjs";

const KB = 1024;
const BUDGETS = [
  { what: "loader, before any click", limit: 4 * KB, files: ["widget.js"] },
  { what: "chat application", limit: 32 * KB, files: ["assets/app.js"] },
  { what: "chat styles", limit: 5 * KB, files: ["assets/app.css"] },
  {
    what: "chat at first open, in all",
    limit: 45 * KB,
    files: ["widget.js", "embed.html", "assets/app.js", "assets/app.css", "assets/locales/zh-CN.json"],
  },
  {
    what: "console, first route",
    limit: 110 * KB,
    files: ["assets/console/console.js", "assets/console/shared.js"],
  },
  { what: "console, reports", limit: 35 * KB, files: ["assets/console/Reports.js"] },
  { what: "console styles", limit: 15 * KB, files: ["assets/console/console.css"] },
];

async function weigh(file) {
  return (await stat(path.join(DEFAULT_OUT, `${file}.gz`))).size;
}

let failed = false;
for (const { what, limit, files } of BUDGETS) {
  if (!files.every(file => existsSync(path.join(DEFAULT_OUT, file)))) continue;
  const sizes = await Promise.all(files.map(weigh));
  const size = sizes.reduce((sum, n) => sum + n, 0);
  if (size > limit) failed = true;
  console.log(
    `${size > limit ? "OVER" : "ok  "} ${String(size).padStart(7)} of ${String(limit).padStart(7)}  ${what}`,
  );
}
for (const name of await readdir(path.join(DEFAULT_OUT, "assets/locales"))) {
  if (!name.endsWith(".json")) continue;
  const size = await weigh(`assets/locales/${name}`);
  if (size > 3 * KB) failed = true;
  console.log(
    `${size > 3 * KB ? "OVER" : "ok  "} ${String(size).padStart(7)} of ${String(3 * KB).padStart(7)}  words ${name}`,
  );
}
process.exit(failed ? 1 : 0);
