// Builds everything under src/fastdesk/web: stable names, compressed twins, notices. `--watch` rebuilds on change.

import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";
import { notices } from "./notices.mjs";

const root = path.resolve(import.meta.dirname, "..");
const watch = process.argv.includes("--watch") ? {} : null;
export const DEFAULT_OUT = path.resolve(root, "../src/fastdesk/web");

/** Each page is a build of its own: what the visitor loads shares no file with what the agent loads. */
function entries() {
  const found = [
    { name: "widget", entry: "src/loader/main.ts", format: "iife", folder: "", target: "es2019" },
    { name: "app", entry: "src/widget/main.tsx", format: "es", folder: "assets/", target: "es2020" },
    { name: "demo", entry: "src/demo/main.ts", format: "es", folder: "assets/", target: "es2020" },
    {
      name: "console",
      entry: "src/console/main.tsx",
      format: "es",
      folder: "assets/console/",
      target: "es2022",
      // What its pages share is one file, fetched beside the first.
      shared: "shared",
    },
  ];
  return found.filter(({ entry }) => existsSync(path.join(root, entry)));
}

async function bundle(out, { name, entry, format, folder, target, shared }) {
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    build: {
      outDir: out,
      emptyOutDir: false,
      target,
      cssCodeSplit: false,
      modulePreload: false,
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      watch,
      rolldownOptions: {
        input: { [name]: path.join(root, entry) },
        output: {
          format,
          entryFileNames: `${folder}[name].js`,
          chunkFileNames: `${folder}[name].js`,
          assetFileNames: `${folder}${name}[extname]`,
          ...(shared ? { codeSplitting: { groups: [{ name: shared, minShareCount: 2 }] } } : {}),
        },
      },
    },
  });
}

/** Pages and pictures are copied as they are, tables of words without their spaces. */
async function copyStatic(out) {
  await cp(path.join(root, "pages"), out, { recursive: true });
  await cp(path.join(root, "public"), out, { recursive: true });
  for (const [from, to] of [
    ["src/widget/locales", "assets/locales"],
    ["src/console/locales", "assets/console/locales"],
  ]) {
    if (!existsSync(path.join(root, from))) continue;
    await mkdir(path.join(out, to), { recursive: true });
    for (const name of await readdir(path.join(root, from))) {
      const table = JSON.parse(await readFile(path.join(root, from, name), "utf8"));
      await writeFile(path.join(out, to, name), JSON.stringify(table));
    }
  }
}

/** A file that is worth compressing gets its twins beside it. */
async function compress(out) {
  for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(js|css|html|json|svg|txt|webmanifest)$/.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    const content = await readFile(file);
    await writeFile(`${file}.gz`, gzipSync(content, { level: 9 }));
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    };
    await writeFile(`${file}.br`, brotliCompressSync(content, { params }));
  }
}

export async function buildAll(out) {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  for (const entry of entries()) await bundle(out, entry);
  await copyStatic(out);
  await writeFile(path.join(out, "THIRD_PARTY_NOTICES.txt"), await notices(root));
  await compress(out);
}

if (process.argv[1] === import.meta.filename) await buildAll(process.env.FASTDESK_WEB_OUT ?? DEFAULT_OUT);
