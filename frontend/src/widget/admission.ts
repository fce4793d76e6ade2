/** `POST /v1/visitors`: how a page becomes a visitor. */
import { Backoff } from "../shared/backoff";
import { problemOf } from "../shared/poll";
import type { Admission } from "../shared/wire";

interface AdmissionOptions {
  base: string;
  body: () => object;
  credentials: () => Record<string, string>;
  /** The desk can't be reached, or asks for patience. */
  onWait: () => void;
  /** What this page showed is not accepted; drops it, and says whether there was nothing to drop. */
  onStranger: () => boolean;
  onError: (code: string, message: string) => void;
}

/** Ask until the desk answers; throws when it says no for good. */
export async function askAdmission(options: AdmissionOptions): Promise<Admission> {
  const { base, body, credentials, onWait, onStranger, onError } = options;
  const backoff = new Backoff(1000);
  for (;;) {
    const answer = await fetch(`${base}/v1/visitors`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...credentials() },
      body: JSON.stringify(body()),
    }).catch(() => null);
    if (answer?.ok) return (await answer.json()) as Admission;
    const problem = answer && (await problemOf(answer));
    const isRefused = problem?.code === "unauthenticated" || problem?.code === "forbidden";
    if (isRefused && !onStranger()) continue;
    onWait();
    if (answer && answer.status < 500 && answer.status !== 429) {
      onError(String(problem?.code), String(problem?.message));
      throw new Error(String(problem?.code));
    }
    const wait = backoff.next(Number(problem?.retry_after_ms ?? 0));
    await new Promise(resolve => setTimeout(resolve, wait));
  }
}
