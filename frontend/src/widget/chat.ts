/** What a visitor can do, and what the screen has to know of it. The parts draw these signals and call these verbs. */
import { computed, effect, signal } from "@preact/signals";
import { pick, t } from "../shared/i18n";
import { uuid7 } from "../shared/ids";
import { Keep } from "../shared/keep";
import type { Choice, Extra, Form, Kind, Site } from "../shared/wire";
import { Desk } from "./desk";
import { type Entry, isRefusedForm, Thread } from "./thread";
import { problemWithFile, runUpload, startUpload, uploads } from "./uploads";

export interface ChatOptions {
  base: string;
  site: string;
  fields: () => Record<string, unknown>;
  /** A message by somebody else has come that the visitor has not seen. */
  onUnseen: (entry: Entry) => void;
  /** Something the host page may want to hear of. */
  onEvent: (name: string, detail?: unknown) => void;
}

const TYPING_EVERY_MS = 3_000;
const NOTICE_MS = 5_000;

export class Chat {
  readonly keep: Keep;
  readonly thread: Thread;
  readonly desk: Desk;
  /** The chat is on the screen: standing alone, or its frame is open. */
  readonly isOpen = signal(false);
  readonly draft = signal("");
  readonly notice = signal("");
  readonly isMuted = signal(false);
  readonly announcementHidden = signal(false);
  private readonly noEarlier = signal(false);
  /** A person has been asked for and none has been named yet. */
  readonly humanAsked = signal(false);
  readonly isRated = signal(false);
  /** What the host page already knows of the visitor: nothing is asked for twice. */
  readonly known = signal<Record<string, string>>({});
  /** Fields of its own that the host page passes on; unknown ones are kept by the desk. */
  fields: Record<string, unknown> = {};
  /** Whether the open chat takes the focus. */
  takesFocus = true;
  private typedAt = 0;
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ChatOptions) {
    this.keep = new Keep(`fastdesk:${options.site}:`);
    this.thread = new Thread(entry => this.news(entry));
    this.desk = new Desk({
      base: options.base,
      site: options.site,
      keep: this.keep,
      thread: this.thread,
      fields: options.fields,
      onError: (code, message) => this.refused(code, message),
    });
    this.isMuted.value = this.keep.get<boolean>("muted") ?? false;
    this.thread.readHere.value = this.keep.get<number>("read") ?? 0;
    this.follow();
  }

  readonly isResolved = computed(() => this.thread.status.value.state === "resolved");

  readonly hasEarlier = computed(() => !this.noEarlier.value && this.thread.oldest > 1);

  /** Whether this visitor has said anything yet. */
  readonly hasSpoken = computed(() =>
    this.thread.entries.value.some(e => e.from.role === "visitor" && !isRefusedForm(e)),
  );

  readonly preChatForm = computed(() => {
    const form = this.desk.site.value?.forms?.pre_chat;
    return form && !this.hasSpoken.value && !this.offlineForm.value ? form : null;
  });

  readonly offlineForm = computed(() => {
    const site = this.desk.site.value;
    const wanted = site && site.hours?.open === false && (site.hours.offline ?? "form") === "form";
    return wanted && !this.hasSpoken.value ? (site.forms?.offline ?? plainOfflineForm()) : null;
  });

  /** There is a conversation to come back to. */
  readonly isKnown = computed(() => this.hasSpoken.value && this.keep.isAllowed);

  /** No form is in the way and nothing has been said. */
  readonly isWaitingForFirstWords = computed(
    () => !this.hasSpoken.value && !this.preChatForm.value && !this.offlineForm.value,
  );

  /** The stars are offered once per resolution. */
  readonly wantsRating = computed(
    () =>
      this.isResolved.value &&
      allows(this.desk.site.value, "rating") &&
      !this.isRated.value &&
      this.hasSpoken.value,
  );

  open(): void {
    this.isOpen.value = true;
    void this.desk.open().catch(() => {});
    this.markRead();
    this.options.onEvent("open");
  }

  close(): void {
    this.isOpen.value = false;
    this.options.onEvent("close");
  }

  send(text: string, kind: Kind = "text", extra?: Extra, id = uuid7()): void {
    this.typing(false);
    this.desk.say({ t: "send", id, text, ...(kind === "text" ? {} : { kind }), ...(extra ? { extra } : {}) });
    this.options.onEvent("message", { from: "visitor", text });
  }

  press(choice: Choice): void {
    this.send(choice.value, "text", { button: choice.value, label: pick(choice.label) });
  }

  /** Send a filled form; `thanks` is shown once the desk has it. */
  submit(form: Form, values: Record<string, string>, thanks = ""): void {
    const lines = form.fields
      .filter(field => values[field.name])
      .map(field => `${pick(field.label)}: ${values[field.name]}`);
    this.known.value = { ...this.known.value, ...values };
    const refused = this.refusedForm(form.id);
    if (refused) this.thread.remove(refused.id);
    const id = uuid7();
    this.send(lines.join("\n"), "form", { form: form.id, values }, id);
    if (thanks) this.whenStored(id, () => this.say(thanks));
  }

  /** The message with a form's values that the desk would not take. */
  refusedForm(id: string): Entry | undefined {
    return this.thread.entries.value.find(entry => isRefusedForm(entry) && entry.extra?.form === id);
  }

  /** Try again what failed, under the same id. */
  again(entry: Entry): void {
    const upload = uploads.value.get(entry.id);
    if (upload) void runUpload(this, entry.id, upload);
    else this.send(entry.text, entry.kind, entry.extra, entry.id);
  }

  /** Send files: each becomes a message of its own. */
  attach(files: Iterable<File>): void {
    const { limits } = this.desk.site.value ?? {};
    for (const file of files) {
      const problem = problemWithFile(file, limits);
      if (problem) this.say(problem);
      else startUpload(this, file, uuid7());
    }
  }

  human(): void {
    if (this.humanAsked.value) return;
    this.humanAsked.value = true;
    this.desk.tell({ t: "human" });
    this.options.onEvent("handoff");
  }

  stop(): void {
    const turn = this.thread.turn.value;
    if (turn) this.desk.tell({ t: "stop", turn });
  }

  async downloadTranscript(): Promise<void> {
    const answer = await this.desk.call("/v1/transcript").catch(() => null);
    if (!answer?.ok) return this.say(t("error"));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download =
      /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "chat.txt";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  end(): void {
    this.desk.tell({ t: "end" });
  }

  rate(score: number, comment: string): void {
    this.isRated.value = true;
    this.keep.set("rated", this.thread.newest);
    this.desk.tell({ t: "rate", score, ...(comment ? { comment } : {}) });
    this.say(t("rate.thanks"));
  }

  skipRating(): void {
    this.isRated.value = true;
    this.keep.set("rated", this.thread.newest);
  }

  /** Tell the desk that the visitor types, at most every three seconds; or that the typing ended. */
  typing(on: boolean, now = Date.now()): void {
    if (on ? now - this.typedAt < TYPING_EVERY_MS : this.typedAt === 0) return;
    this.typedAt = on ? now : 0;
    const preview = allows(this.desk.site.value, "typing_preview", false)
      ? { preview: this.draft.value }
      : {};
    this.desk.tell({ t: "typing", on, ...(on ? preview : {}) });
  }

  /** The visitor sees the end of the conversation. */
  markRead(): void {
    const seq = this.thread.newest;
    if (!this.isOpen.value || document.hidden || seq <= this.thread.readHere.value) return;
    this.thread.readHere.value = seq;
    this.keep.set("read", seq);
    this.desk.tell({ t: "read", seq });
  }

  mute(muted: boolean): void {
    this.isMuted.value = muted;
    this.keep.set("muted", muted);
  }

  logout(): void {
    this.desk.logout();
    this.known.value = {};
    this.fields = {};
    this.noEarlier.value = false;
    if (this.isOpen.value) void this.desk.open().catch(() => {});
  }

  /** Show a line for a moment. */
  say(line: string): void {
    this.notice.value = line;
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => {
      this.notice.value = "";
    }, NOTICE_MS);
  }

  async earlier(): Promise<void> {
    this.noEarlier.value = !(await this.desk.earlier().catch(() => false));
  }

  private follow(): void {
    effect(() => {
      const { state } = this.thread.status.value;
      if (state !== "queued") this.humanAsked.value = false;
      if (state !== "resolved") this.isRated.value = false;
      else if (this.keep.get<number>("rated") === this.thread.newest) this.isRated.value = true;
      this.options.onEvent("status", { state });
    });
    effect(() => this.options.onEvent("unread", this.thread.unread.value));
  }

  private whenStored(id: string, then: () => void): void {
    const stop = effect(() => {
      const state = this.thread.entries.value.find(entry => entry.id === id)?.state;
      if (state === "sending") return;
      queueMicrotask(() => stop());
      if (state === "stored") then();
    });
  }

  private news(entry: Entry): void {
    this.options.onEvent("message", { from: entry.from.role, name: entry.from.name, text: entry.text });
    if (!this.isOpen.value || document.hidden) this.options.onUnseen(entry);
  }

  private refused(code: string, message: string): void {
    const key = `error.${code}`;
    const known = t(key);
    this.say(known === key ? t("error") : known);
    if (code === "form_first") this.humanAsked.value = false;
    this.options.onEvent("error", { code, message });
  }
}

/** Whether a site offers a feature; features that are not named are offered, unless `otherwise`. */
export function allows(
  site: Site | null,
  feature: keyof NonNullable<Site["features"]>,
  otherwise = true,
): boolean {
  return site?.features?.[feature] ?? otherwise;
}

function plainOfflineForm(): Form {
  return {
    id: "offline",
    fields: [
      { name: "name", label: t("field.name"), type: "text" },
      { name: "email", label: t("field.email"), type: "email", required: true },
      { name: "message", label: t("field.message"), type: "textarea", required: true },
    ],
  };
}
