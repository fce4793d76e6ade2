import type { FunctionComponent } from "preact";
import type { SignName } from "../../ui/Sign";
import type { Plain, Section } from "../form/field";

export interface AsideProps {
  /** As it stands in the form, saved or not. */
  record: Plain;
  isNew: boolean;
  /** Take another record into the form. */
  onChange: (record: Plain) => void;
}

/** A kind of record that is kept in the settings: what it is called, who may change it, and its form. */
export interface Kind {
  /** As in the API's addresses, and in words as `kind.NAME`. */
  name: string;
  icon: SignName;
  /** Permission to change; whoever may read sees it. */
  write: string;
  read: string;
  /** The form; without one it is made from the desk's own description. */
  sections?: readonly Section[];
  fresh?: () => Plain;
  /** What it is called in the list; its title, name or id otherwise. */
  title?: (record: Plain) => string;
  /** What stands under the title in the list. */
  about?: (record: Plain) => string;
  /** Whether it can be written as text, and who checks that. */
  check?: string;
  /** How a record stands in the text that is checked. */
  wrap?: "list";
  /** Changed by PATCH instead of PUT. */
  patches?: boolean;
  /** Can't be removed, only switched off. */
  stays?: boolean;
  /** What stands beside the form: previews and trials. */
  aside?: FunctionComponent<AsideProps>;
  /** Sorted by this field instead of by name. */
  order?: string;
}
