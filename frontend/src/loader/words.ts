/** The few words of the button, so that it needs no file of its own. */
type Words = readonly [open: string, close: string, unread: string, dismiss: string];

const ENGLISH: Words = ["Open chat", "Close chat", "unread", "Dismiss"];
const SIMPLIFIED: Words = ["打开聊天", "关闭聊天", "条未读", "关闭"];
const TRADITIONAL: Words = ["開啟聊天", "關閉聊天", "則未讀", "關閉"];
const ARABIC: Words = ["فتح المحادثة", "إغلاق المحادثة", "جديدة", "إغلاق"];

export function wordsFor(tag: string): Words {
  if (/^ar\b/i.test(tag)) return ARABIC;
  if (!/^zh/i.test(tag)) return ENGLISH;
  return /hant|tw|hk|mo/i.test(tag) ? TRADITIONAL : SIMPLIFIED;
}
