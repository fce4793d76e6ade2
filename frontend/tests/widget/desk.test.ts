import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Keep } from "../../src/shared/keep";
import type { Site } from "../../src/shared/wire";
import { Desk } from "../../src/widget/desk";
import { Thread } from "../../src/widget/thread";
import { FakeDesk } from "./fake_desk";

const SITE: Site = { key: "s", name: "Shop" };

interface Tab {
  desk: Desk;
  thread: Thread;
  keep: Keep;
  errors: string[];
}

let server: FakeDesk;
let tabs: Tab[];

function openTab(): Tab {
  const keep = new Keep("fastdesk:s:");
  const thread = new Thread();
  const errors: string[] = [];
  const desk = new Desk({
    base: "https://desk.example",
    site: "s",
    keep,
    thread,
    fields: () => ({ page: "/" }),
    onError: code => errors.push(code),
  });
  const tab = { desk, thread, keep, errors };
  tabs.push(tab);
  return tab;
}

/** Close a tab as a browser does: without a word. */
function closeTab(tab: Tab): void {
  tab.desk.close();
  tabs = tabs.filter(other => other !== tab);
}

let ids = 0;
const say = (tab: Tab, text: string) => tab.desk.say({ t: "send", id: `message-${++ids}`, text });
const texts = (tab: Tab) => tab.thread.entries.value.map(entry => entry.text);
const settle = () => vi.advanceTimersByTimeAsync(50);

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  tabs = [];
  server = new FakeDesk(SITE);
  server.install();
});

afterEach(() => {
  for (const tab of tabs) tab.desk.close();
  server.uninstall();
  vi.useRealTimers();
});

describe("one tab", () => {
  it("stores nothing before the first message", async () => {
    const tab = openTab();
    await tab.desk.open();
    await settle();
    expect(tab.desk.link.value).toBe("open");
    expect(tab.desk.site.value?.name).toBe("Shop");
    expect(localStorage.length).toBe(0);
    say(tab, "hello");
    expect(localStorage.length).toBeGreaterThan(0);
  });

  it("comes back after a reload with what was said, and says again what had no ack", async () => {
    const first = openTab();
    await first.desk.open();
    say(first, "one");
    await settle();
    server.isSilent = true;
    say(first, "two");
    await settle();
    closeTab(first);
    server.isSilent = false;
    const second = openTab();
    await second.desk.open();
    await settle();
    expect(texts(second)).toEqual(["one", "two"]);
    expect(server.texts).toEqual(["one", "two"]);
    expect(second.keep.names("out:")).toEqual([]);
    expect(server.admissions).toBe(1);
  });

  it("loses and doubles nothing over a break in which others spoke", async () => {
    const tab = openTab();
    await tab.desk.open();
    say(tab, "one");
    await settle();
    server.isDown = true;
    server.dropAll();
    server.say("while you were away");
    say(tab, "two");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(tab.thread.entries.value.map(entry => entry.state)).toEqual(["stored", "sending"]);
    server.isDown = false;
    await vi.advanceTimersByTimeAsync(31_000);
    expect(texts(tab)).toEqual(["one", "while you were away", "two"]);
    expect(server.texts).toEqual(["one", "while you were away", "two"]);
  });

  it("turns the page when a message opens another conversation, and counts anew", async () => {
    const tab = openTab();
    await tab.desk.open();
    say(tab, "one");
    await settle();
    server.startOver();
    say(tab, "two");
    await settle();
    expect(texts(tab)).toEqual(["one", "two"]);
    expect(tab.thread.entries.value[1]).toMatchObject({ seq: 1, state: "stored" });
    server.say("answer");
    await settle();
    server.dropAll();
    await vi.advanceTimersByTimeAsync(1000);
    server.say("more");
    await settle();
    expect(texts(tab)).toEqual(["one", "two", "answer", "more"]);
  });

  it("takes up another conversation that began while it was away", async () => {
    const tab = openTab();
    await tab.desk.open();
    say(tab, "one");
    await settle();
    server.isDown = true;
    server.dropAll();
    server.startOver();
    server.say("new talk");
    server.say("second line");
    server.isDown = false;
    await vi.advanceTimersByTimeAsync(3000);
    expect(texts(tab)).toEqual(["one", "new talk", "second line"]);
  });

  it("begins anew when its token is not known any more, with what was not sent", async () => {
    const tab = openTab();
    await tab.desk.open();
    say(tab, "one");
    await settle();
    server.isDown = true;
    server.dropAll();
    say(tab, "two");
    server.forgetTokens();
    server.isDown = false;
    await vi.advanceTimersByTimeAsync(3000);
    expect(server.admissions).toBe(2);
    expect(texts(tab)).toEqual(["two"]);
    expect(tab.desk.link.value).toBe("open");
  });

  it("says that a message is refused, and why", async () => {
    const tab = openTab();
    await tab.desk.open();
    await settle();
    server.refusal = "blocked_text";
    say(tab, "bad");
    await settle();
    expect(tab.thread.entries.value[0]).toMatchObject({ state: "failed", problem: "blocked_text" });
    expect(tab.errors).toEqual(["blocked_text"]);
    expect(tab.keep.names("out:")).toEqual([]);
  });

  it("waits for a desk that is not there", async () => {
    server.isDown = true;
    const tab = openTab();
    void tab.desk.open();
    say(tab, "hello?");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(tab.desk.link.value).toBe("waiting");
    server.isDown = false;
    await vi.advanceTimersByTimeAsync(31_000);
    expect(server.texts).toEqual(["hello?"]);
  });

  it("forgets everything at logout", async () => {
    const tab = openTab();
    await tab.desk.open();
    say(tab, "one");
    await settle();
    tab.desk.logout();
    expect(localStorage.length).toBe(0);
    expect(texts(tab)).toEqual([]);
    await tab.desk.open();
    await settle();
    expect(server.admissions).toBe(2);
  });

  it("stores nothing where storage is not consented to", async () => {
    const tab = openTab();
    tab.desk.consent(false);
    await tab.desk.open();
    say(tab, "one");
    await settle();
    expect(localStorage.length).toBe(0);
    expect(server.texts).toEqual(["one"]);
  });

  it("shows a signature, and comes as a stranger when it is wrong", async () => {
    const tab = openTab();
    await tab.desk.identify({ id: "u1" }, "good");
    await tab.desk.open();
    expect(server.identities).toEqual(["u1"]);
    const other = openTab();
    await other.desk.identify({ id: "u2" }, "wrong");
    await other.desk.open();
    await settle();
    expect(server.identities).toEqual(["u1"]);
    expect(other.desk.link.value).toBe("open");
  });
});

describe("two tabs", () => {
  it("share one line, and show the same at the same time", async () => {
    const first = openTab();
    await first.desk.open();
    say(first, "one");
    await settle();
    const second = openTab();
    await second.desk.open();
    await settle();
    expect(server.lines).toBe(1);
    expect(texts(second)).toEqual(["one"]);
    say(second, "two");
    await settle();
    server.say("answer");
    await settle();
    for (const tab of [first, second]) {
      expect(texts(tab)).toEqual(["one", "two", "answer"]);
      expect(tab.thread.entries.value.every(entry => entry.state === "stored")).toBe(true);
    }
    expect(server.texts).toEqual(["one", "two", "answer"]);
  });

  it("go on when the one that held the line is closed, also in mid-sentence", async () => {
    const first = openTab();
    await first.desk.open();
    say(first, "one");
    await settle();
    const second = openTab();
    await second.desk.open();
    await settle();
    server.isSilent = true;
    say(second, "two");
    await settle();
    closeTab(first);
    server.isSilent = false;
    await settle();
    expect(server.lines).toBe(1);
    server.say("answer");
    await settle();
    expect(texts(second)).toEqual(["one", "two", "answer"]);
    expect(server.texts).toEqual(["one", "two", "answer"]);
  });

  it("become one visitor when the second was still a stranger", async () => {
    const [first, second] = [openTab(), openTab()];
    await first.desk.open();
    await second.desk.open();
    say(first, "one");
    await settle();
    dispatchEvent(Object.assign(new Event("storage"), { newValue: "x" }));
    await settle();
    say(second, "two");
    await settle();
    expect(texts(second)).toEqual(["one", "two"]);
    expect(texts(first)).toEqual(["one", "two"]);
    expect(server.lines).toBe(1);
  });

  it("sign out together", async () => {
    const first = openTab();
    await first.desk.open();
    say(first, "one");
    await settle();
    const second = openTab();
    await second.desk.open();
    await settle();
    second.desk.logout();
    await settle();
    expect(texts(first)).toEqual([]);
    expect(localStorage.length).toBe(0);
  });
});
