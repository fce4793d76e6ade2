/** The few words of the button, so that it needs no file of its own. */
type Word = "open" | "close" | "unread" | "dismiss";

const ENGLISH: Record<Word, string> = {
  open: "Open chat",
  close: "Close chat",
  unread: "unread",
  dismiss: "Dismiss",
};
const SIMPLIFIED: Record<Word, string> = {
  open: "打开聊天",
  close: "关闭聊天",
  unread: "条未读",
  dismiss: "关闭",
};
const TRADITIONAL: Record<Word, string> = {
  open: "開啟聊天",
  close: "關閉聊天",
  unread: "則未讀",
  dismiss: "關閉",
};

export function wordsFor(tag: string): Record<Word, string> {
  if (!/^zh/i.test(tag)) return ENGLISH;
  return /hant|tw|hk|mo/i.test(tag) ? TRADITIONAL : SIMPLIFIED;
}
