/** What can be wrong with microphone and speaker, each as a sentence and what to do about it. */

export interface Trouble {
  sentence: string;
  steps: string;
}

export const UNPLUGGED: Trouble = {
  sentence: "The microphone is gone.",
  steps: "The agent hears silence. Plug it in again, or choose another below.",
};
export const PAUSED: Trouble = {
  sentence: "The browser has paused the sound.",
  steps: "Press here to go on; a tab in the foreground is not paused.",
};

/** How a browser is told to let the page use the microphone again. */
export function permissionSteps(agent: string): string {
  if (/firefox/i.test(agent)) return "Click the crossed-out microphone left of the address, take the block away, and press Talk again.";
  if (/chrome|chromium|edg/i.test(agent)) return "Click the icon left of the address, allow the microphone, and press Talk again.";
  if (/safari/i.test(agent)) return "Choose Safari, Settings for This Website, allow the microphone, and press Talk again.";
  return "Allow this page to use the microphone in the browser's settings, and press Talk again.";
}

/** What it means that the microphone could not be opened. */
export function troubleOf(error: unknown, agent = navigator.userAgent): Trouble {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return { sentence: "The browser does not let this page use the microphone.", steps: permissionSteps(agent) };
    case "NotFoundError":
    case "OverconstrainedError":
      return { sentence: "There is no microphone.", steps: "Plug one in, or switch it on, and press Talk again." };
    case "NotReadableError":
    case "AbortError":
      return { sentence: "The microphone cannot be used.", steps: "Another program may have it: close that, and press Talk again." };
    case "NoSpeaker":
      return { sentence: "There is nothing to play the sound with.", steps: "Connect a speaker or headphones, and press Talk again." };
    case "InsecureContext":
      return { sentence: "A browser lends its microphone to secure pages only.", steps: "Open this page by https, or on the machine itself by http://127.0.0.1." };
    default:
      return { sentence: "The sound could not be started.", steps: `${(error as Error | undefined)?.message || "The browser does not say why"}. Load the page again.` };
  }
}
