/** What the console asks of the desk over HTTP: the documented API and nothing else. */
import { computed, signal } from "@preact/signals";
import type { StoredFile } from "../shared/wire";

const TOKEN = "fastdesk:agent";

/** The sign-in's token; empty when nobody is signed in. */
export const token = signal(localStorage.getItem(TOKEN) ?? "");

interface Operation {
  parameters?: { name: string }[];
}

/** Routes of this desk as `METHOD /path/{}`, read from its own description; null until it is known. */
const offered = signal<ReadonlySet<string> | null>(null);

export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint = "",
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

export function setToken(value: string): void {
  token.value = value;
  if (value) localStorage.setItem(TOKEN, value);
  else localStorage.removeItem(TOKEN);
}

/** Ask and return the decoded answer; throws a Refusal with a sentence for people. A refused token signs out. */
export async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const isText = typeof body === "string";
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["Content-Type"] = isText ? "text/plain; charset=utf-8" : "application/json";
  const response = await send(path, {
    method,
    headers,
    body: body === undefined ? undefined : isText ? body : JSON.stringify(body),
  });
  if (response.status === 204) return undefined as T;
  const isJson = /json/.test(response.headers.get("Content-Type") ?? "");
  return (isJson ? await response.json() : await response.text()) as T;
}

export const get = <T>(path: string): Promise<T> => ask<T>("GET", path);

/** Ask for something that may be missing here: another answer stands in for a refusal. */
export const getOr = <T>(path: string, instead: T): Promise<T> => get<T>(path).catch(() => instead);

/** Save what an address answers as a file. */
export async function download(path: string, name: string, method = "GET"): Promise<void> {
  const response = await send(path, { method });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Read a stored file that needs the sign-in, as an address for this page only. */
export async function blobUrl(path: string, init: RequestInit = {}): Promise<string> {
  return URL.createObjectURL(await (await send(path, init)).blob());
}

/** Send a file's bytes; `onProgress` hears the share that has arrived, 0 to 1. */
export function upload(file: File, onProgress: (share: number) => void): Promise<StoredFile> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/files");
    request.responseType = "json";
    request.setRequestHeader("Authorization", `Bearer ${token.value}`);
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
    request.upload.onprogress = event => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () =>
      request.status < 300 ? resolve(request.response as StoredFile) : reject(refusalOf(request.response));
    request.onerror = () => reject(new Refusal("offline", "offline"));
    request.send(file);
  });
}

/** Learn what this desk offers, so that screens show nothing that can't be had. */
export async function learnOffers(): Promise<void> {
  const page = await getOr<{ paths?: Record<string, Record<string, Operation>> }>("/openapi.json", {});
  const found = new Set<string>();
  for (const [path, methods] of Object.entries(page.paths ?? {}))
    for (const [method, operation] of Object.entries(methods)) {
      const route = `${method.toUpperCase()} ${path.replace(/\{[^}]*\}/g, "{}")}`;
      found.add(route);
      for (const { name } of operation.parameters ?? []) found.add(`${route}?${name}`);
    }
  offered.value = found;
}

/** Whether it is known what the desk offers. */
export const hasLearnt = computed(() => offered.value !== null);

/** Whether this desk has a route, such as `POST /v1/files`, `PUT /v1/macros/{}` or `GET /v1/visitors?live`. */
export function offers(route: string): boolean {
  return offered.value?.has(route) ?? false;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token.value) headers.set("Authorization", `Bearer ${token.value}`);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers });
  } catch {
    throw new Refusal("offline", "offline");
  }
  if (response.ok) return response;
  if (response.status === 401 && path !== "/v1/login") setToken("");
  throw refusalOf(await response.json().catch(() => null), response.statusText);
}

function refusalOf(answer: unknown, otherwise = ""): Refusal {
  const problem = (answer ?? {}) as { code?: string; message?: string; hint?: string };
  return new Refusal(problem.code ?? "internal", problem.message ?? otherwise, problem.hint, { ...problem });
}
