/** What the demo's agent understands, for who wonders what to say. */
export function Asks() {
  return (
    <>
      <ul className="asks">
        <li>
          “Can I get a large latte with soy milk?” <span className="quiet">Then change it: “no, make it a small”.</span>
        </li>
        <li>“A table for four tomorrow at one.”</li>
        <li>“When are you open on Sunday?”</li>
        <li>“How much is a cappuccino?”</li>
        <li>
          “Read me the menu.” <span className="quiet">It is long: talk into it.</span>
        </li>
      </ul>
      <p className="quiet">
        A demo engine with a demo voice: it understands its own business and nothing else. All of it runs on this machine.
      </p>
    </>
  );
}
