import { Button, Code, CopyButton } from "@mantine/core";

/** A line for the terminal, and a button that takes it there. */
export function Command({ line }: { line: string }) {
  return (
    <div className="command">
      <Code block>{line}</Code>
      <CopyButton value={line}>
        {({ copied, copy }) => (
          <Button size="xs" variant="default" onClick={copy}>
            {copied ? "Copied" : "Copy"}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}
