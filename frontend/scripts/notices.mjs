// The licences of what is shipped to browsers, read from the installed packages.
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** Every package that the dependencies of package.json need at run time, by name. */
async function shipped(root) {
  const { packages } = JSON.parse(await readFile(path.join(root, "package-lock.json"), "utf8"));
  const found = new Map();
  const visit = name => {
    const entry = packages[`node_modules/${name}`];
    if (!entry || found.has(name)) return;
    found.set(name, entry);
    for (const needed of Object.keys(entry.dependencies ?? {})) visit(needed);
  };
  for (const name of Object.keys(packages[""].dependencies ?? {})) visit(name);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}

export async function notices(root) {
  const parts = ["Third-party software in the files of this folder.\n"];
  for (const [name, { version, license }] of await shipped(root)) {
    const folder = path.join(root, "node_modules", name);
    const file = existsSync(folder) && (await readdir(folder)).find(entry => /^licen[cs]e/i.test(entry));
    const text = file ? (await readFile(path.join(folder, file), "utf8")).trim() : `Licence: ${license}`;
    parts.push(`${name} ${version} (${license})\n\n${text}\n`);
  }
  return parts.join(`\n${"-".repeat(72)}\n\n`);
}
