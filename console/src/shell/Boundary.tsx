import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";

/** Where a screen cannot be drawn: says so and what to do, and leaves the rest of the page as it is. */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="empty" role="alert">
        <p>This screen could not be shown; the server may have been brought up to date. Load the page again.</p>
        <Button size="xs" variant="default" onClick={() => location.reload()}>
          Load again
        </Button>
      </div>
    );
  }
}
