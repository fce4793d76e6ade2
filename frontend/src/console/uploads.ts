/** Files on their way from an agent to a visitor. */
import { signal } from "@preact/signals";
import { upload } from "./api";
import { openId } from "./conversations";
import { attempt } from "./notices";
import { say } from "./thread";

export interface Upload {
  key: string;
  conversation: string;
  name: string;
  /** 0 to 1. */
  progress: number;
}

export const uploads = signal<readonly Upload[]>([]);

/** Send files into the open conversation, each as a message once the desk has it. */
export function takeFiles(files: File[]): void {
  for (const file of files) void send(file);
}

async function send(file: File): Promise<void> {
  const [key, conversation] = [`${file.name} ${performance.now()}`, openId.value];
  uploads.value = [...uploads.value, { key, conversation, name: file.name, progress: 0 }];
  await attempt(async () => {
    const stored = await upload(file, progress => {
      uploads.value = uploads.value.map(each => (each.key === key ? { ...each, progress } : each));
    });
    const kind = stored.type.startsWith("image/") ? "image" : "file";
    say(stored.name, { file: stored }, kind, conversation);
  });
  uploads.value = uploads.value.filter(each => each.key !== key);
}
