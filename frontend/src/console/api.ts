/** What the console asks of the desk over HTTP: the documented API and nothing else. */
import { signal } from "@preact/signals";

const TOKEN = "fastdesk:agent";

/** The sign-in's token; empty when nobody is signed in. */
export const token = signal(localStorage.getItem(TOKEN) ?? "");

export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint = "",
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
  const headers: Record<string, string> = {};
  if (token.value) headers.Authorization = `Bearer ${token.value}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refusal("offline", "offline");
  }
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer as T;
  const problem = (answer ?? {}) as { code?: string; message?: string; hint?: string };
  if (response.status === 401 && path !== "/v1/login") setToken("");
  throw new Refusal(problem.code ?? "internal", problem.message ?? response.statusText, problem.hint);
}

export const get = <T>(path: string): Promise<T> => ask<T>("GET", path);
