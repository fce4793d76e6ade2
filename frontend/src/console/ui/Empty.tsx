import type { ComponentChildren } from "preact";
import { Sign, type SignName } from "./Sign";

/** What stands where there is nothing: a sign, a sentence, and what to do about it. */
export function Empty({
  icon,
  text,
  children,
}: {
  icon: SignName;
  text: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <span class="empty-sign">
        <Sign name={icon} size={26} />
      </span>
      <p>{text}</p>
      {children}
    </div>
  );
}
