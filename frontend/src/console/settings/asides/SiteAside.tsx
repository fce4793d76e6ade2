import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { bridge, type ToFrame, type ToHost } from "../../../shared/bridge";
import { languageTag, t } from "../../../shared/i18n";
import { checkBrand, DEFAULT_BRAND } from "../../../shared/theme";
import { notify } from "../../notices";
import { Sign } from "../../ui/Sign";
import { type Plain, read, write } from "../form/field";
import type { AsideProps } from "../kinds/kind";
import { QrCode } from "../QrCode";

/** The line that puts a site's chat on a page, the link to the chat alone, and the chat as it looks with these colours. */
export function SiteAside({ record, isNew, onChange }: AsideProps) {
  const key = String(record.id ?? "");
  if (isNew) return <p class="hint">{t("site_first")}</p>;
  return (
    <>
      <h3>{t("snippet")}</h3>
      <Copyable text={`<script async src="${location.origin}/widget.js" data-site="${key}"></script>`} />
      <p class="hint">{t("presence_about")}</p>
      <h3>{t("chat_link")}</h3>
      <Copyable text={`${location.origin}/chat/${key}`} />
      <QrCode text={`${location.origin}/chat/${key}`} label={t("qr_chat")} />
      <p class="hint">{t("qr_chat_about")}</p>
      {typeof record.signing_secret === "string" && record.signing_secret && (
        <>
          <h3>{t("signing_secret")}</h3>
          <Copyable text={record.signing_secret} isSecret />
        </>
      )}
      <Contrast record={record} onChange={onChange} />
      <Preview record={record} siteKey={key} />
    </>
  );
}

/** A brand colour on which white can't be read is said, with the nearest one that passes. */
function Contrast({ record, onChange }: { record: Plain; onChange: (record: Plain) => void }) {
  const brand = String(read(record, "theme.brand") ?? DEFAULT_BRAND);
  const found = checkBrand(brand);
  if (!found || found.passes) return null;
  return (
    <p class="problem">
      {t("low_contrast", { ratio: found.ratio.toFixed(1) })}{" "}
      <button
        type="button"
        class="link"
        onClick={() => onChange(write(record, "theme.brand", found.nearest))}
      >
        {t("take_colour", { colour: found.nearest })}
      </button>
    </p>
  );
}

/** The chat itself, in a frame; colours follow the form at once, texts when they are saved. */
function Preview({ record, siteKey }: { record: Plain; siteKey: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const version = useSignal(0);
  const post = useRef<((message: ToFrame) => void) | null>(null);
  const looks = useRef<Record<string, string>>({});
  looks.current = {
    brand: String(read(record, "theme.brand") ?? DEFAULT_BRAND),
    mode: String(read(record, "theme.mode") ?? "auto"),
  };
  const page = useComputed(() => ({ url: location.origin, title: siteKey, referrer: "" }));
  useEffect(() => {
    const line = bridge<ToHost, ToFrame>(
      () => frame.current?.contentWindow ?? null,
      location.origin,
      message => {
        if (message.t !== "ready") return;
        line.post({
          t: "boot",
          isOpen: true,
          presence: false,
          locale: languageTag.value,
          page: page.value,
          modal: false,
          quiet: true,
          commands: [["theme", looks.current]],
        });
      },
    );
    post.current = line.post;
    return line.close;
  }, [version.value]);
  useEffect(() => {
    post.current?.({ t: "command", command: ["theme", looks.current] });
  }, [looks.current.brand, looks.current.mode]);
  return (
    <>
      <header class="aside-head">
        <h3>{t("preview")}</h3>
        <button type="button" class="quiet" onClick={() => version.value++}>
          <Sign name="retry" size={15} /> {t("reload")}
        </button>
      </header>
      <iframe
        key={version.value}
        ref={frame}
        class="preview"
        title={t("preview")}
        src={`/embed.html?site=${encodeURIComponent(siteKey)}#host=${encodeURIComponent(location.origin)}`}
      />
    </>
  );
}

export function Copyable({ text, isSecret }: { text: string; isSecret?: boolean }) {
  const isShown = useSignal(!isSecret);
  return (
    <p class="copyable">
      <code>{isShown.value ? text : "••••••••••••••••"}</code>
      {isSecret && (
        <button
          type="button"
          class="sign-button"
          title={t("show")}
          aria-label={t("show")}
          onClick={() => (isShown.value = !isShown.value)}
        >
          <Sign name="eye" size={16} />
        </button>
      )}
      <button
        type="button"
        class="sign-button"
        title={t("copy")}
        aria-label={t("copy")}
        onClick={() => void navigator.clipboard?.writeText(text).then(() => notify(t("copied")))}
      >
        <Sign name="copy" size={16} />
      </button>
    </p>
  );
}
