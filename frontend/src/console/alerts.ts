/** What calls an agent who looks elsewhere: a tone, a desktop notice, a number in the title. */
import { effect } from "@preact/signals";
import { t } from "../shared/i18n";
import { armSound, beep } from "../widget/sound";
import { me, nameOf } from "./colleagues";
import { countOf, openId, unreadOfMine } from "./conversations";
import { on } from "./line";
import type { ChangeEntry, MessageEntry, NoteEntry } from "./model";
import { type EventName, preferences } from "./preferences";
import { rowOf } from "./rows";
import { open } from "./thread";

const begun = Date.now();

/** Alert of one event; nothing while its conversation is being looked at. */
export function alert(event: EventName, conversation: string, text: string): void {
  if (conversation && conversation === openId.value && !document.hidden) return;
  if (preferences.value.sounds[event]) beep();
  if (!preferences.value.desktop[event] || !("Notification" in window)) return;
  if (Notification.permission !== "granted" || !document.hidden) return;
  const notice = new Notification(t(`event.${event}`), {
    body: text,
    tag: conversation,
    icon: "/assets/icon.svg",
  });
  notice.onclick = () => {
    window.focus();
    open(conversation);
    notice.close();
  };
}

/** Ask the browser for desktop notices; false when it says no. */
export async function allowDesktop(): Promise<boolean> {
  if (!("Notification" in window)) return false;
  return (await Notification.requestPermission()) === "granted";
}

export function listenForAlerts(): void {
  armSound();
  effect(() => {
    const waiting = (countOf("queued") ?? 0) + unreadOfMine.value;
    document.title = waiting ? `(${waiting}) fastdesk` : "fastdesk";
  });
}

on("message", raw => {
  const frame = raw as unknown as MessageEntry;
  const owner = rowOf(frame.conversation)?.conversation.assignee;
  if (frame.from.role === "visitor" && owner === me.value?.id && frame.at > begun)
    alert("message", frame.conversation, frame.text);
});

on("conversation", raw => {
  const frame = raw as unknown as ChangeEntry;
  if (!frame.rev || frame.is.updated_at < begun || frame.is.state === "resolved") return;
  if (frame.what.includes("mode") && frame.is.mode === "queued" && !frame.is.assignee)
    alert("queued", frame.conversation, frame.last || frame.is.handoff);
  if (frame.what.includes("assignee") && frame.is.assignee === me.value?.id && frame.actor !== me.value?.id)
    alert("assigned", frame.conversation, nameOf(frame.actor));
});

on("note", raw => {
  const frame = raw as unknown as NoteEntry;
  if (frame.actor !== me.value?.id && frame.at > begun && mentionsMe(frame))
    alert("mention", frame.conversation, frame.text);
});

on("whisper", raw => alert("mention", raw.conversation as string, raw.text as string));

function mentionsMe({ body }: NoteEntry): boolean {
  const mentions = body?.mentions;
  return Array.isArray(mentions) && mentions.includes(me.value?.id);
}
