import { afterEach, expect, it, vi } from "vitest";
import { bridge } from "../../src/shared/bridge";

const ORIGIN = "https://shop.example";
const other = { postMessage: vi.fn() };
const heard: unknown[] = [];
let line: ReturnType<typeof bridge> | null = null;

function connect() {
  line = bridge(
    () => other as unknown as Window,
    ORIGIN,
    message => heard.push(message),
  );
}

function say(data: unknown, origin: string, source: unknown): void {
  dispatchEvent(Object.assign(new Event("message"), { data, origin, source }));
}

afterEach(() => {
  line?.close();
  heard.length = 0;
});

it("hears one window of one origin in one version", () => {
  connect();
  const message = { t: "open", fastdesk: 1 };
  say(message, "https://evil.example", other);
  say(message, ORIGIN, window);
  say(message, `${ORIGIN}.evil.example`, other);
  say(message, "null", other);
  say({ ...message, fastdesk: 2 }, ORIGIN, other);
  for (const junk of [null, undefined, "open", 1, []]) say(junk, ORIGIN, other);
  expect(heard).toEqual([]);
  say(message, ORIGIN, other);
  expect(heard).toEqual([message]);
});

it("speaks to the exact origin only", () => {
  connect();
  line?.post({ t: "ready" });
  expect(other.postMessage).toHaveBeenCalledWith({ t: "ready", fastdesk: 1 }, ORIGIN);
});

it("is silent when closed", () => {
  connect();
  line?.close();
  say({ t: "open", fastdesk: 1 }, ORIGIN, other);
  expect(heard).toEqual([]);
});
