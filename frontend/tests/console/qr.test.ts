// @vitest-environment node
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { qr } from "../../src/console/settings/qr";

/** What another implementation draws for these texts under the mask that is chosen here (SHA-256, shortened). */
it.each([
  ["hello", 21, "683921f56b29"],
  ["https://desk.example/chat/demo", 29, "cf404930cb8d"],
  ["z".repeat(70), 37, "838194a22497"],
  [
    "otpauth://totp/fastdesk:admin%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=fastdesk",
    41,
    "10df83d1dbc4",
  ],
  ["茶".repeat(40), 45, "eaf64774d783"],
  ["y".repeat(150), 49, "230adb2b282d"],
  ["x".repeat(178), 53, "9cc4799edf76"],
])("draws %j", (text, size, digest) => {
  const drawn = qr(text)?.map(line => line.map(Number).join(""));
  expect(drawn).toHaveLength(size);
  const found = createHash("sha256")
    .update(drawn?.join("\n") ?? "")
    .digest("hex");
  expect(found.slice(0, 12)).toBe(digest);
});

it("draws nothing that is too long", () => expect(qr("x".repeat(181))).toBeNull());
