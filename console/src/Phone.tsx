import { CopyButton, Tooltip } from "@mantine/core";
import { phone } from "./format";

/** A telephone number for the eye; the whole of it on hover, copied by a click where `copies`. */
export function Phone({ number, copies = false }: { number: string; copies?: boolean }) {
  const shown = phone(number) || "unknown";
  if (!copies || !number) return <span title={number === shown ? undefined : number}>{shown}</span>;
  return (
    <CopyButton value={number}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? "Copied" : `${number} · click to copy`} openDelay={200}>
          <button type="button" className="plain" onClick={copy}>
            {shown}
          </button>
        </Tooltip>
      )}
    </CopyButton>
  );
}
