/** Talking to an agent through this browser's microphone. */
export default function Talk() {
  return <p>This server takes no calls from browsers yet. Call it by telephone, or from a terminal.</p>;
}
