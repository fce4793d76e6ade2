/** Make a UUID of version 7 (RFC 9562, 5.7): time-ordered, so that the desk's index stays dense. */
export function uuid7(now = Date.now(), random = crypto.getRandomValues(new Uint8Array(16))): string {
  const bytes = new Uint8Array(random);
  for (let i = 0, t = now; i < 6; i++, t = Math.floor(t / 256)) bytes[5 - i] = t % 256;
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
