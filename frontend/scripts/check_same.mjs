// Builds into a fresh folder and compares with the committed files. Compressed twins are compared by what they hold,
// since another version of the compressor may write other bytes.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { buildAll, DEFAULT_OUT } from "./build.mjs";

async function contents(folder) {
  const found = new Map();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const bytes = await readFile(file);
    const plain = file.endsWith(".gz")
      ? gunzipSync(bytes)
      : file.endsWith(".br")
        ? brotliDecompressSync(bytes)
        : bytes;
    found.set(path.relative(folder, file), plain);
  }
  return found;
}

const fresh = await mkdtemp(path.join(os.tmpdir(), "fastdesk-web-"));
try {
  await buildAll(fresh);
  const [committed, rebuilt] = [await contents(DEFAULT_OUT), await contents(fresh)];
  const names = new Set([...committed.keys(), ...rebuilt.keys()]);
  const differing = [...names].filter(name => {
    const [a, b] = [committed.get(name), rebuilt.get(name)];
    return !a || !b || !a.equals(b);
  });
  for (const name of differing.sort()) console.log(`differs: ${name}`);
  console.log(
    differing.length
      ? "The built files are not what the source gives: run npm run build."
      : `${names.size} files are the same.`,
  );
  process.exitCode = differing.length ? 1 : 0;
} finally {
  await rm(fresh, { recursive: true, force: true });
}
