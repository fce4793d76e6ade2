/** Files on their way to the desk: shown at once, sent as a message when they have arrived. */
import { signal } from "@preact/signals";
import { formatBytes, t } from "../shared/i18n";
import type { Site, StoredFile } from "../shared/wire";
import type { Chat } from "./chat";

export interface Upload {
  file: File;
  /** 0 to 1. */
  progress?: number;
}

/** By message id. */
export const uploads = signal<ReadonlyMap<string, Upload>>(new Map());

/** Formats that a browser can make smaller; animations and vectors stay as they are. */
const RESIZABLE = /^image\/(jpeg|png|webp|heic|heif|avif)$/;

export function startUpload(chat: Chat, file: File, id: string): void {
  const kind = file.type.startsWith("image/") ? "image" : "file";
  const preview = {
    id: "",
    url: URL.createObjectURL(file),
    name: file.name,
    type: file.type,
    size: file.size,
  };
  chat.thread.prepare({ t: "send", id, text: file.name, kind, extra: { file: preview } }, Date.now());
  void runUpload(chat, id, { file });
}

/** Send the file, then the message that bears it. */
export async function runUpload(chat: Chat, id: string, { file }: Upload): Promise<void> {
  track(id, { file, progress: 0 });
  try {
    const small = RESIZABLE.test(file.type) ? await (await import("./resize")).resize(file) : file;
    await chat.desk.open();
    const stored = await post(chat, small, progress => track(id, { file, progress }));
    track(id, null);
    chat.send(file.name, stored.type.startsWith("image/") ? "image" : "file", { file: stored }, id);
  } catch (problem) {
    track(id, { file });
    chat.thread.failed(id, problem instanceof Error ? problem.message : "upload");
  }
}

/** Say why a file cannot be sent, or nothing. The desk checks again. */
export function problemWithFile(file: File, limits: Site["limits"]): string | null {
  const { upload_bytes: max, upload_types: types } = limits ?? {};
  // An image over the limit is made smaller first; what it becomes is the desk's to judge.
  if (max && file.size > max && !RESIZABLE.test(file.type)) return t("file.large", { max: formatBytes(max) });
  const fits =
    !types ||
    types.some(
      type => file.type === type || (type.endsWith("/*") && file.type.startsWith(type.slice(0, -1))),
    );
  return fits ? null : t("file.type");
}

function track(id: string, upload: Upload | null): void {
  const next = new Map(uploads.value);
  if (upload) next.set(id, upload);
  else next.delete(id);
  uploads.value = next;
}

/** `fetch` does not tell how far an upload has come; XMLHttpRequest does. */
function post(chat: Chat, file: File, onProgress: (share: number) => void): Promise<StoredFile> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${chat.desk.base}/v1/files`);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
    for (const [name, value] of Object.entries(chat.desk.credentials)) request.setRequestHeader(name, value);
    request.upload.onprogress = event => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () =>
      request.status < 300
        ? resolve(request.response)
        : reject(new Error(request.response?.code ?? "upload"));
    request.onerror = () => reject(new Error("upload"));
    request.send(file);
  });
}
